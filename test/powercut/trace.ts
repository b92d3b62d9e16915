/** What `test/preload/record.c` wrote down: every change of the recorded folder, in order. */

export type Operation =
  | { readonly kind: 'create' | 'mkdir'; readonly path: string; readonly inode: number }
  | {
      readonly kind: 'write';
      readonly path: string;
      readonly inode: number;
      readonly offset: number;
      readonly data: Buffer;
    }
  | {
      readonly kind: 'truncate';
      readonly path: string;
      readonly inode: number;
      readonly length: number;
    }
  /** fsync or fdatasync of a file or a folder returned. */
  | { readonly kind: 'sync'; readonly path: string; readonly inode: number }
  | { readonly kind: 'rename' | 'link'; readonly path: string; readonly to: string }
  | { readonly kind: 'unlink' | 'rmdir'; readonly path: string }
  /** The recorded program said something: what it says, it relies on. */
  | { readonly kind: 'mark'; readonly text: string };

const headerBytes = 40;

/**
 * Reads a trace; paths become relative to `root`, whose own is ''.
 *
 * @throws Error on a record that the model can't follow: a blind test would be worse than none
 */
export function parseTrace(bytes: Buffer, root: string): Operation[] {
  const operations: Operation[] = [];
  for (let at = 0; at < bytes.length;) {
    const code = bytes.readUInt32LE(at);
    const pathBytes = bytes.readUInt32LE(at + 4);
    const secondBytes = bytes.readUInt32LE(at + 8);
    const inode = Number(bytes.readBigUInt64LE(at + 16));
    const offset = Number(bytes.readBigInt64LE(at + 24));
    const dataBytes = Number(bytes.readBigUInt64LE(at + 32));
    let start = at + headerBytes;
    const take = (count: number): Buffer => bytes.subarray(start, (start += count));
    const path = relativeTo(root, take(pathBytes).toString());
    const to = relativeTo(root, take(secondBytes).toString());
    const data = take(dataBytes);
    operations.push(toOperation(code, { path, to, inode, offset, data }));
    at = start;
  }
  return operations;
}

interface Fields {
  readonly path: string;
  readonly to: string;
  readonly inode: number;
  readonly offset: number;
  readonly data: Buffer;
}

/** In the order of the enum in record.c, which starts at 1. */
const kinds = [
  'create',
  'mkdir',
  'write',
  'truncate',
  'sync',
  'rename',
  'unlink',
  'rmdir',
  'link',
  'mark',
] as const;

function toOperation(code: number, { path, to, inode, offset, data }: Fields): Operation {
  const kind = kinds[code - 1];
  if (kind === undefined) {
    throw new Error(`the recorder can't follow ${data.toString()} of ${path}`);
  }
  switch (kind) {
    case 'create':
    case 'mkdir':
    case 'sync':
      return { kind, path, inode };
    case 'write':
      return { kind, path, inode, offset, data };
    case 'truncate':
      return { kind, path, inode, length: offset };
    case 'rename':
    case 'link':
      return { kind, path, to };
    case 'unlink':
    case 'rmdir':
      return { kind, path };
    case 'mark':
      return { kind, text: data.toString() };
  }
}

function relativeTo(root: string, path: string): string {
  return path.startsWith(root) ? path.slice(root.length + 1) : path;
}
