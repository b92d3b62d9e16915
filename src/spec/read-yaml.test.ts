import { describe } from 'vitest';
import { expectDiagnostics } from './sweep-text.fixture.js';

describe('what YAML may hold', () => {
  expectDiagnostics([
    [
      'broken YAML',
      'merge_method: dare_ties',
      'merge_method: [dare_ties',
      [
        'mix:4:3 error E002 not valid YAML: Flow sequence in block collection must be sufficiently indented and end with a ]',
        'mix:4:15 error E002 not valid YAML: Nested mappings are not allowed in compact mappings',
        'mix:4:15 error E002 not valid YAML: Implicit keys need to be on a single line',
      ],
    ],
    [
      'a second document',
      'version: 1\n',
      'version: 1\n---\n',
      ['mix:2:1 error E003 2 YAML documents; a sweep file holds one'],
    ],
    [
      'an alias',
      'min: 0.2, max: 0.8 }',
      'min: &low 0.2, max: *low }',
      ['mix:10:35 error E005 alias `*low` is refused'],
    ],
    [
      'a merge key',
      'merge_method: dare_ties',
      '<<: {}\n  merge_method: dare_ties',
      ['mix:3:3 error E005 merge key `<<` is refused'],
    ],
    [
      'an unknown tag',
      'dare_ties',
      '!!js/function dare_ties',
      ['mix:3:17 error E006 tags are refused: Unresolved tag: tag:yaml.org,2002:js/function'],
    ],
    [
      'a bidirectional character',
      'dare_ties',
      'dare‮_ties',
      [
        'mix:3:21 error E007 character U+202E is refused: it is invisible or changes how the text reads',
      ],
    ],
    [
      'an invisible character in an escape',
      'dare_ties',
      '"dare\\u200b_ties"',
      [
        'mix:3:17 error E007 character U+200B is refused: it is invisible or changes how the text reads',
      ],
    ],
    [
      'a key twice',
      'base_model: ../models/base',
      'base_model: ../models/base\n  base_model: x/y',
      ['mix:5:3 error E008 key `base_model` stands twice in one mapping'],
    ],
    [
      'a prototype key',
      'merge_method: dare_ties',
      '__proto__: { polluted: true }\n  merge_method: dare_ties',
      ['mix:3:3 error E009 key `__proto__` is refused'],
    ],
    [
      'a number as key',
      'weight: {',
      '1: {',
      ['mix:10:5 error E009 keys are text; put quotes around numbers and the like'],
    ],
    [
      'NaN',
      'min: 0.2',
      'min: .nan',
      ['mix:10:20 error E010 number `.nan` is refused: write a finite number'],
    ],
    [
      'infinity',
      'max: 0.8',
      'max: .inf',
      ['mix:10:30 error E010 number `.inf` is refused: write a finite number'],
    ],
    [
      'a number that is too large',
      'max: 0.8',
      'max: 123456789012345678901',
      [
        'mix:10:30 error E010 number `123456789012345678901` is too large: it would be read as 123456789012345680000',
      ],
    ],
    [
      'a number with a leading zero',
      'version: 1',
      'version: 01',
      ['mix:1:10 error E010 number `01` is ambiguous: it reads as 1, not as octal'],
    ],
    [
      'half of a pair of characters, which no file could hold',
      'dare_ties',
      '"dare\\ud800_ties"',
      [
        'mix:3:17 error E007 character U+D800 is refused: it is invisible or changes how the text reads',
      ],
    ],
    [
      'a key with a line break, told on one line',
      'version: 1',
      'version: 1\n"a\\r\\nb": 1',
      ['mix:2:1 error E012 unknown key `a  b`'],
    ],
    [
      'a key with invisible characters twice, told with escapes',
      'version: 1',
      'version: 1\n"a\\0\\e[31m\\u202e\\u200b": 1\n"a\\0\\e[31m\\u202e\\u200b": 2',
      [
        'mix:2:1 error E007 character U+0000 is refused: it is invisible or changes how the text reads',
        'mix:3:1 error E007 character U+0000 is refused: it is invisible or changes how the text reads',
        'mix:3:1 error E008 key `a\\u0000\\u001b[31m\\u202e\\u200b` stands twice in one mapping',
      ],
    ],
    [
      'such a key on the path to a value',
      'weight: { min: 0.2, max: 0.8 }',
      '"a\\0": yes',
      [
        'mix:10:5 error E007 character U+0000 is refused: it is invisible or changes how the text reads',
        'mix:10:12 error E013 genome.parameters.a\\u0000 is `yes`; expected a number or a mapping',
      ],
    ],
    [
      'such a label, where another is meant',
      'name: beta',
      'name: "be\\u202eta"',
      [
        'mix:8:13 error E007 character U+202E is refused: it is invisible or changes how the text reads',
        'mix:15:48 error E042 no parent is labelled `beta`; did you mean `be\\u202eta`?',
      ],
    ],
  ]);
});
