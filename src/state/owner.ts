import { lchownSync, statSync } from 'node:fs'

/**
 * Gives what root made in a directory to whom the directory belongs: an operator works as root, the service does not,
 * and it must be able to go on with its own files.
 */
export function adopt(path: string, directory: string): void {
  if (process.getuid?.() !== 0) return
  const { uid, gid } = statSync(directory)
  if (uid !== 0) lchownSync(path, uid, gid)
}
