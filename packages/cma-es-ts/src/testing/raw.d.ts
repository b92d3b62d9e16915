// Golden files lie outside src and are read through vitest, so that no Node types come into this package.
declare module '*.json?raw' {
  const text: string;
  export default text;
}
declare module '*.md?raw' {
  const text: string;
  export default text;
}
