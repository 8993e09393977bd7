/** The readers for what is not written plainly, and the packages behind them: loaded when the first such document is there. */
export { readByPackage } from "./package-yaml.ts";
export { readPlain } from "./plain-yaml.ts";
