/** What commander gets for `import process from "node:process"` in the bundle. */
export default globalThis.process;
