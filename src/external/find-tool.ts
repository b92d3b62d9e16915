import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import { MissingToolError } from '../errors.js';
import { howToGet } from './tool-failures.js';

/** The absolute path of an executable named on PATH, or given as a path; undefined if there is none. */
export function findTool(
  command: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): string | undefined {
  const candidates =
    isAbsolute(command) || command.includes('/')
      ? [resolve(command)]
      : (env['PATH'] ?? '')
          .split(delimiter)
          .filter((folder) => folder !== '')
          .map((folder) => join(folder, command));
  return candidates.find(isExecutable);
}

/** As `findTool`. @throws MissingToolError `tool_missing`, saying how to get it. */
export function requireTool(
  command: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): string {
  const path = findTool(command, env);
  if (path !== undefined) return path;
  throw new MissingToolError(
    'tool_missing',
    `Expected the program ${command} on PATH, got none. ${howToGet}`,
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
