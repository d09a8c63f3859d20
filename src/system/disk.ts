import { statfs } from 'node:fs/promises';

/** Bytes this user may still write in this directory. */
export async function freeBytes(dir: string): Promise<number> {
  const { bavail, bsize } = await statfs(dir);
  return bavail * bsize;
}
