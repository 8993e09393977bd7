/** Tones to colours; without colour (NO_COLOR, no-color.org) marks and bold still distinguish them. */
import type { Tone } from "./row.ts";

export interface Theme {
  color(tone: Tone | undefined): string | undefined;
  dim(tone: Tone | undefined): boolean;
}

const COLORS: Partial<Record<Tone, string>> = {
  ok: "green",
  bad: "red",
  warn: "yellow",
  name: "cyan",
  address: "magenta",
};

export function makeTheme(color: boolean): Theme {
  return {
    color: (tone) => (color && tone !== undefined ? COLORS[tone] : undefined),
    dim: (tone) => color && tone === "dim",
  };
}
