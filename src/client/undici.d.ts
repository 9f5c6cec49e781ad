/**
 * undici's pool without the rest of undici: every worker thread loads it, and the whole (fetch, WebSocket, caches, mocks)
 * takes 12 MB and 50 ms more of each.
 */
declare module 'undici/lib/dispatcher/pool.js' {
  export { Pool as default } from 'undici'
}
