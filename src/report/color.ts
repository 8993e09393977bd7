/** Whether text is coloured, and how: by the terminal, NO_COLOR and FORCE_COLOR (https://no-color.org). */
import { styleText } from "node:util";

const STYLES = ["red", "green", "yellow", "cyan", "gray", "bold", "magenta"] as const;
type Style = (typeof STYLES)[number];
export type Paint = Readonly<Record<Style, (text: string) => string>>;
type Environment = Readonly<Record<string, string | undefined>>;

export function wantsColor(stream: { readonly isTTY?: boolean | undefined }, env: Environment): boolean {
  if ((env["NO_COLOR"] ?? "") !== "") return false;
  const force = env["FORCE_COLOR"];
  if (force !== undefined) return force !== "0" && force !== "false";
  return stream.isTTY === true && env["TERM"] !== "dumb";
}

/** One function per style; all return the text unchanged when the stream has no colour. */
export function paint(stream: { readonly isTTY?: boolean | undefined }, env: Environment): Paint {
  return makePaint(wantsColor(stream, env));
}

export function makePaint(color: boolean): Paint {
  const entries = STYLES.map((style) => [
    style,
    (text: string) => (color && text !== "" ? styleText(style, text, { validateStream: false }) : text),
  ]);
  return Object.fromEntries(entries) as Paint;
}
