/** The mouse in a terminal: xterm's SGR mode (1006), https://invisible-island.net/xterm/ctlseqs/ctlseqs.html */

/** Report presses and the wheel, not movements. Shift and a drag still select text. */
export const MOUSE_ON = "\u001B[?1000h\u001B[?1006h";
export const MOUSE_OFF = "\u001B[?1006l\u001B[?1000l";

export interface MouseEvent {
  readonly what: "press" | "release" | "wheel-up" | "wheel-down";
  /** From 0. */
  readonly column: number;
  readonly row: number;
}

/** ESC [ < button ; column ; row M, or m when a button is let go; the end of it may not have arrived yet. */
const REPORT = /\u001B\[<(?:(\d+);(\d+);(\d+)([Mm])|[\d;]*$)/gu;

/** Removes the mouse reports from a terminal's input. `rest` is the beginning of one that is not complete yet. */
export function splitMouse(input: string): { keys: string; events: readonly MouseEvent[]; rest: string } {
  const events: MouseEvent[] = [];
  let rest = "";
  const keys = input.replaceAll(REPORT, (report, button?: string, column?: string, row?: string, end?: string) => {
    if (button === undefined) rest = report;
    else events.push({ what: eventOf(Number(button), end), column: Number(column) - 1, row: Number(row) - 1 });
    return "";
  });
  return { keys, events, rest };
}

function eventOf(button: number, end: string | undefined): MouseEvent["what"] {
  if (button === 64) return "wheel-up";
  if (button === 65) return "wheel-down";
  return end === "M" && button === 0 ? "press" : "release";
}

/**
 * Ink drops the terminal's reports before useInput sees them: they are removed where it reads. Returns a function
 * that ends it.
 */
export function interceptMouse(stdin: NodeJS.ReadStream, onEvent: (event: MouseEvent) => void): () => void {
  const read = stdin.read.bind(stdin);
  let rest = "";
  stdin.read = (size?: number): unknown => {
    // Ink sets an encoding.
    const chunk = read(size) as string | null;
    if (chunk === null) return null;
    const split = splitMouse(rest + chunk);
    rest = split.rest;
    for (const event of split.events) onEvent(event);
    return split.keys;
  };
  return () => {
    stdin.read = read;
  };
}
