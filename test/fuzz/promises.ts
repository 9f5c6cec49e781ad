/** What each target is held to, whatever its input: by the names of `targets/` and `corpus/`. */
export const PROMISES: Readonly<Record<string, string>> = {
  bodies:
    'a pushed body becomes whole lines or is refused with the byte where it ends to make sense; elements of sound JSON come out one a line, in order and byte for byte but for line ends; of lines none is lost or changed; cutting what was cut changes nothing; codings give what was coded, or are refused, within their limits',
  checkpoint:
    'damaged positions are refused and never prevent a start; what is accepted is what was written, so no offset comes from anywhere else; with a good generation before it, that one is used',
  idmefv1:
    'bytes are an IDMEFv1 document or are refused with the place; nothing is executed, expanded or opened; a message has only what the model has, and its values fit the wire; encoded for Prelude it is closed, nothing in it is empty, and its frames are as long as they say; the document written anew, without prefixes and without what is not its own, gives the same messages; the DTD finds it valid, or faults with their place',
  ini: 'reading INI text never throws, every entry stands on the line it names, and no line is passed over in silence; a configuration is read or refused by a ConfigError alone; what check prints reads back as the same, but for what it hides; no secret is in any message',
  letters:
    'damaged dead letters are passed over and told, never thrown at whoever reads; no byte of the file is left out; a letter that is appended behind damage is found whole',
  lines:
    'every line of a file is given once, in order, byte for byte, by the one range in which it starts, wherever the file is cut; one over the limit is named with its length; so too for bytes that were handed over',
  mapping:
    'a mapping file compiles or is refused with a MappingError; if it compiles, every event gives a message valid for its version, or a reason why there is none, and the same one from bytes, from the parsed event, by generated code and by the interpreter; nothing in it is executed',
  path: 'text is a path or is refused with a PathError; what a path finds stands in the event, never on a prototype; bytes and parsed event, generated code and interpreter give the same, valid message; nothing in the text is executed',
  records:
    'every line gives the message that the interpreter makes of it, with the ID of its place, or a reason in its place; no alert is passed over and no line changes what becomes of another; every message is valid',
  retryafter:
    'never throws; gives nothing, or a pause of 0 up to the cap; whole seconds and the three dates of RFC 9110 mean what they say, and nothing else means anything',
  spool:
    'recovery never fails; a line whose bytes are whole is delivered as it was written and only once, unless it ran together with the line before it and that one lost its check too; a line that its check accuses is not delivered; no byte is left out without being told',
  streams:
    'every line of a stream becomes a record, byte for byte, however the stream is chunked; one over the limit is cut to one byte more than it and told; an event behind a torn one is saved',
}
