/** Says what Calico's parser says of a selector, and where in it. */
import type { Path } from "../../syntax/path.ts";
import type { Report } from "../../syntax/report.ts";
import { SelectorError } from "./selector-tokens.ts";
import { parseSelector } from "./selector.ts";

/** The selector, or one that selects all in place of one that is refused anyway. */
export function readable(text = ""): string {
  try {
    parseSelector(text);
    return text;
  } catch (error) {
    if (!(error instanceof SelectorError)) throw error;
    return "";
  }
}

export function checkSelector(text: string | undefined, path: Path, report: Report): void {
  if (text === undefined) return;
  try {
    parseSelector(text);
  } catch (error) {
    if (!(error instanceof SelectorError)) throw error;
    const rest = text.slice(error.at);
    report(path, `Invalid selector: ${error.message}`, {
      at: "value",
      hint: `character ${error.at + 1}: ${rest === "" ? "the end" : `here: ${rest}`}; a selector is for example role == "web" && !has(canary)`,
    });
  }
}
