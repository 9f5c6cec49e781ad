/** What Piscina calls: nothing, so that the way there and back is all that is timed. */
export default (task: unknown) => task
