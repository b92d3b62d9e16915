import type { Operation } from './trace.js';

/**
 * A disk with a volatile cache, between a program and the power.
 *
 * - A file's bytes are safe up to its last fsync. Every write and truncation after it is at the disk's
 *   mercy, each by itself.
 * - A name (create, mkdir, rename, link, unlink, rmdir) is safe once its folder was fsynced after it; a
 *   rename once either of its folders was. Before that, each such change is there or not, by itself, but
 *   as a whole: a rename never leaves neither name. ext4 promises more (a file's fsync commits its name,
 *   and changes of names keep their order); POSIX does not.
 */
export class Disk {
  readonly root: Folder = { kind: 'folder', safe: new Map(), names: new Map() };
  /** Changes of names that no fsync has made safe, oldest first. */
  unsafeNames: NameChange[] = [];
  /** By path: every whole content that a rename put there, oldest first. */
  readonly versions = new Map<string, Buffer[]>();
  readonly #byInode = new Map<number, Node>();
  #sequence = 0;

  apply(operation: Operation): void {
    switch (operation.kind) {
      case 'create':
        this.#add(operation, { kind: 'file', safe: Buffer.alloc(0), unsafe: [] });
        return;
      case 'mkdir':
        this.#add(operation, { kind: 'folder', safe: new Map(), names: new Map() });
        return;
      case 'write':
      case 'truncate':
        this.#file(operation).unsafe.push(operation);
        return;
      case 'sync':
        this.#sync(operation);
        return;
      case 'rename':
        this.#rename(operation.path, operation.to);
        return;
      case 'link':
        this.#change([[operation.to, this.#find(operation.path)]]);
        return;
      case 'unlink':
      case 'rmdir':
        this.#change([[operation.path, undefined]]);
        return;
      case 'mark':
    }
  }

  /** The file of that name as the program sees it, or undefined. */
  read(path: string): Buffer | undefined {
    const node = this.#look(path);
    return node?.kind === 'file' ? contentOf(node) : undefined;
  }

  #add({ path, inode }: { path: string; inode: number }, node: Node): void {
    this.#byInode.set(inode, node);
    // The recorded folder itself is where the disk begins.
    if (path === '') this.#byInode.set(inode, this.root);
    else this.#change([[path, node]]);
  }

  #rename(from: string, to: string): void {
    const node = this.#find(from);
    if (node.kind === 'file') {
      const versions = this.versions.get(to) ?? [];
      versions.push(contentOf(node));
      this.versions.set(to, versions);
    }
    this.#change([
      [from, undefined],
      [to, node],
    ]);
  }

  #change(bindings: readonly (readonly [path: string, node: Node | undefined])[]): void {
    const sequence = (this.#sequence += 1);
    this.unsafeNames.push({
      sequence,
      bindings: bindings.map(([path, node]) => {
        const cut = path.lastIndexOf('/');
        const folder = this.#find(path.slice(0, Math.max(0, cut)));
        if (folder.kind !== 'folder') throw new Error(`${path}: its parent is no folder`);
        const name = path.slice(cut + 1);
        if (node === undefined) folder.names.delete(name);
        else folder.names.set(name, node);
        return { folder, name, node };
      }),
    });
  }

  #sync({ path, inode }: { path: string; inode: number }): void {
    const node = path === '' ? this.root : this.#byInode.get(inode);
    if (node === undefined) throw new Error(`fsync of ${path}, which was not recorded`);
    if (node.kind === 'file') {
      node.safe = contentOf(node);
      node.unsafe = [];
      return;
    }
    const isOfFolder = (change: NameChange): boolean =>
      change.bindings.some(({ folder }) => folder === node);
    for (const { sequence, bindings } of this.unsafeNames.filter(isOfFolder)) {
      for (const { folder, name, node: bound } of bindings) {
        folder.safe.set(name, { sequence, node: bound });
      }
    }
    this.unsafeNames = this.unsafeNames.filter((change) => !isOfFolder(change));
  }

  #file({ path, inode }: { path: string; inode: number }): FileNode {
    const node = this.#byInode.get(inode);
    if (node?.kind !== 'file') throw new Error(`a write to ${path}, which was not recorded`);
    return node;
  }

  #find(path: string): Node {
    const node = this.#look(path);
    if (node === undefined) throw new Error(`${path} was not recorded`);
    return node;
  }

  #look(path: string): Node | undefined {
    let node: Node | undefined = this.root;
    for (const name of path === '' ? [] : path.split('/')) {
      node = node?.kind === 'folder' ? node.names.get(name) : undefined;
    }
    return node;
  }
}

export type DataChange = Extract<Operation, { kind: 'write' | 'truncate' }>;

export interface FileNode {
  readonly kind: 'file';
  safe: Buffer;
  /** Since the last fsync. */
  unsafe: DataChange[];
}

export interface Folder {
  readonly kind: 'folder';
  /** What is under a name for sure; undefined: nothing. Later changes of it may be there as well. */
  readonly safe: Map<string, { readonly sequence: number; readonly node: Node | undefined }>;
  /** As the program sees it. */
  readonly names: Map<string, Node>;
}

export type Node = FileNode | Folder;

export interface NameChange {
  readonly sequence: number;
  readonly bindings: readonly {
    readonly folder: Folder;
    readonly name: string;
    readonly node: Node | undefined;
  }[];
}

function contentOf(file: FileNode): Buffer {
  return applyChanges(file.safe, file.unsafe);
}

/** The bytes after these changes; what was never written reads as zeros. */
export function applyChanges(safe: Buffer, changes: readonly DataChange[]): Buffer {
  if (changes.length === 0) return safe;
  let length = safe.length;
  let most = length;
  for (const change of changes) {
    length =
      change.kind === 'truncate'
        ? change.length
        : Math.max(length, change.offset + change.data.length);
    most = Math.max(most, length);
  }
  const bytes = Buffer.alloc(most);
  safe.copy(bytes);
  let end = safe.length;
  for (const change of changes) {
    if (change.kind === 'write') {
      change.data.copy(bytes, change.offset);
      end = Math.max(end, change.offset + change.data.length);
    } else {
      bytes.fill(0, change.length, Math.max(end, change.length));
      end = change.length;
    }
  }
  return bytes.subarray(0, end);
}
