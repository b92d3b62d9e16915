/** What a model's name in a sweep file stands for. */

export type ModelReference =
  | { readonly ok: true; readonly model: string; readonly isLocal: boolean }
  | { readonly ok: false; readonly message: string; readonly fix?: string };

const hubId = /^[A-Za-z0-9][\w.-]{0,95}\/[A-Za-z0-9][\w.-]{0,95}(@[A-Za-z0-9][\w.-]{0,95})?$/;

/**
 * `./x`, `../x`, `/x` and `~/x` are local and come back absolute; `org/name` and `org/name@commit`
 * are Hub ids and come back as they are.
 * @param folder absolute folder of the sweep file
 * @param home absolute home folder, for `~/`
 */
export function resolveModel(written: string, folder: string, home?: string): ModelReference {
  if (isLocalPath(written)) {
    if (written.startsWith('~') && home === undefined)
      return {
        ok: false,
        message: `\`${written}\`: the home folder is not known here`,
        fix: 'write the absolute path',
      };
    const model = resolvePath(written, folder, home);
    // eslint-disable-next-line no-control-regex -- control characters are what is looked for
    if (/[\u0000-\u001f]/.test(model))
      return { ok: false, message: `path ${JSON.stringify(model)} holds a line break or a tab` };
    // lm-eval cuts its arguments at `,`; mergekit reads `@` as a revision and `+` as a LoRA.
    const bad = /[,@+]/.exec(model);
    if (bad !== null)
      return {
        ok: false,
        message: `path \`${model}\` holds \`${bad[0]}\`, which ${bad[0] === ',' ? 'lm-eval' : 'mergekit'} reads as syntax`,
        fix: 'rename the folder, or link to it from a plain name',
      };
    return { ok: true, model, isLocal: true };
  }
  if (hubId.test(written) && !written.includes('..'))
    return { ok: true, model: written, isLocal: false };
  return {
    ok: false,
    message: `\`${written}\` is neither a local path nor a Hub id`,
    fix: /^[\w.-]+(\/[\w.-]+)*\/?$/.test(written)
      ? `write \`./${written}\` for a folder beside this file, or \`org/name\` for a model on the Hub`
      : 'a path starts with `./`, `../`, `/` or `~/`; a Hub id is `org/name` or `org/name@commit`',
  };
}

const isLocalPath = (written: string): boolean => /^(\.|\/|~\/)/.test(written);

/** POSIX: `~/` from `home`, relative parts from `folder`, dots folded. Never reads the disk. */
export function resolvePath(written: string, folder: string, home?: string): string {
  const full =
    written.startsWith('~/') && home !== undefined
      ? `${home}/${written.slice(2)}`
      : written.startsWith('/')
        ? written
        : `${folder}/${written}`;
  const parts: string[] = [];
  for (const part of full.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

/** The folder of an absolute path. */
export function folderOf(path: string): string {
  return resolvePath('..', path);
}

/** The last part, without `@commit`: a parent's label when it has no name. */
export function lastPart(model: string): string {
  const parts = model.replace(/(?<=.)\/+$/, '').split('/');
  return (parts.at(-1) ?? model).replace(/@.*$/, '');
}
