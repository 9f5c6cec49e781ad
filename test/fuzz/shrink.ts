/** An input is as small as is of use long before this. */
const MAX_ATTEMPTS = 3000
const MAX_MS = 20_000

/** The smallest input found that still fails: pieces are left out, then bytes made plain. */
export async function shrink(input: Buffer, fails: (input: Buffer) => Promise<boolean>): Promise<Buffer> {
  let smallest = input
  let attempts = 0
  const end = performance.now() + MAX_MS
  const attempt = async (candidate: Buffer) => {
    if (candidate.equals(smallest) || attempts++ > MAX_ATTEMPTS || performance.now() > end) return false
    if (!(await fails(candidate))) return false
    smallest = candidate
    return true
  }
  for (let size = Math.ceil(smallest.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < smallest.length; ) {
      const without = Buffer.concat([smallest.subarray(0, at), smallest.subarray(at + size)])
      if (!(await attempt(without))) at += size
    }
  }
  for (let at = 0; at < smallest.length; at++) {
    const plain = Buffer.from(smallest)
    plain[at] = 0x61
    await attempt(plain)
  }
  return smallest
}
