/**
 * Why a document is refused, all of it. `malformed`: it is no IDMEFv1 document. `invalid`: it is one, and something in it
 * is outside of the model. `charset`: its characters cannot be read.
 */
export interface Fault {
  kind: 'malformed' | 'invalid' | 'charset'
  /** With the place: `/IDMEF-Message/Alert[2]/Assessment/Impact@severity (line 12): …`. */
  what: string
}

/** Thrown within this room only, where a document is left at once from deep inside. */
export class DocumentError extends Error {
  override name = 'DocumentError'
  readonly fault: Fault
  constructor(kind: Fault['kind'], what: string) {
    super(what)
    this.fault = { kind, what }
  }
}
