/**
 * Kendall's τ-b of pairs: 1 where both rank alike, −1 where oppositely, 0 where either ranks nothing.
 * (Kendall 1945, "The treatment of ties in ranking problems".)
 */
export function kendallTau(pairs: readonly (readonly [number, number])[]): number {
  let balance = 0;
  let untiedLeft = 0;
  let untiedRight = 0;
  pairs.forEach(([left, right], i) => {
    for (const [otherLeft, otherRight] of pairs.slice(i + 1)) {
      const byLeft = Math.sign(left - otherLeft);
      const byRight = Math.sign(right - otherRight);
      balance += byLeft * byRight;
      untiedLeft += Math.abs(byLeft);
      untiedRight += Math.abs(byRight);
    }
  });
  const scale = Math.sqrt(untiedLeft * untiedRight);
  return scale === 0 ? 0 : balance / scale;
}
