/** The pieces of a SentencePiece model (`tokenizer.model`), in order of id. */

/**
 * Reads field 1 (`pieces`) of the protobuf message and of each its field 1 (`piece`).
 * @throws RangeError where the bytes are not such a message
 */
export function readSentencePieces(bytes: Uint8Array): string[] {
  const decoder = new TextDecoder();
  const pieces: string[] = [];
  for (const piece of lengthDelimited(bytes, 1)) {
    for (const text of lengthDelimited(piece, 1)) pieces.push(decoder.decode(text));
  }
  if (pieces.length === 0) throw new RangeError('no pieces: not a SentencePiece model');
  return pieces;
}

/** The length-delimited fields with number `wanted`; all other fields are skipped. */
function* lengthDelimited(bytes: Uint8Array, wanted: number): Generator<Uint8Array> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      const byte = bytes[at++];
      if (byte === undefined || shift > 2 ** 49) throw new RangeError('not a protobuf message');
      value += (byte & 127) * shift;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const [field, type] = [Math.floor(tag / 8), tag % 8];
    const length = type === 2 ? varint() : type === 5 ? 4 : type === 1 ? 8 : 0;
    if (type === 0) varint();
    else if (length === 0 && type !== 2) throw new RangeError('not a protobuf message');
    if (at + length > bytes.length) throw new RangeError('truncated protobuf message');
    if (type === 2 && field === wanted) yield bytes.subarray(at, at + length);
    at += length;
  }
}
