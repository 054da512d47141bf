import { open, type FileHandle } from 'node:fs/promises';

/** Opens, uses and closes a file, whatever happens. (`await using` would do; Node 22 does not know it.) */
export async function withFile<T>(
  path: string,
  flags: string,
  use: (file: FileHandle) => Promise<T>,
  mode = 0o600,
): Promise<T> {
  const file = await open(path, flags, mode);
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}
