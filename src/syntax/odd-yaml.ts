/** The readers for what is not written plainly, and the packages behind them: loaded with the first such document. */
export { readByPackage } from "./package-yaml.ts";
export { readPlain } from "./plain-yaml.ts";
