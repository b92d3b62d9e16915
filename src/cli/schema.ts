import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { UsageError } from '../errors.js';
import { renderJsonSchema } from '../spec/json-schema.js';
import type { RegisterVerb } from './verb.js';

export const registerSchema: RegisterVerb = (program, io) => {
  program
    .command('schema')
    .description("print the sweep file's JSON Schema, for completion in editors")
    .option('-o, --output <file>', 'write it there instead of stdout; an older one is replaced')
    .addHelpText(
      'after',
      `
Examples:
  mergesweep schema -o sweep.schema.json
  then start the sweep file with:  # yaml-language-server: $schema=./sweep.schema.json`,
    )
    .action(async (options: { output?: string }) => {
      if (options.output === undefined) {
        io.out(renderJsonSchema());
        return;
      }
      try {
        await writeFile(resolve(io.cwd, options.output), renderJsonSchema());
      } catch (cause) {
        throw new UsageError(
          'cannot_write',
          `${options.output}: can't be written: ${(cause as Error).message}`,
          { cause },
        );
      }
      io.err(`Wrote ${options.output}\n`);
    });
};
