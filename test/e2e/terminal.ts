/** A real terminal of a given size (tmux), to type into and to read from. Its own tmux server, ended with it. */
import { execFileSync, spawnSync } from "node:child_process";
import { eventually } from "../wait.ts";

export const hasTmux = spawnSync("tmux", ["-V"]).status === 0;

export interface Terminal {
  type(...keys: string[]): void;
  /** What is on the screen, trailing blanks cut. */
  screen(): string;
  /** The same with its escape sequences. */
  colored(): string;
  /** Waits until the screen matches; throws with what is shown when it does not within the limit. */
  shows(pattern: RegExp, limitMs?: number): Promise<string>;
  resize(columns: number, rows: number): void;
  end(): void;
}

export function openTerminal(columns: number, rows: number, env: Readonly<Record<string, string>> = {}): Terminal {
  const server = `k8snet-test-${process.pid}-${Math.floor(performance.now())}`;
  const tmux = (...args: string[]): string =>
    execFileSync("tmux", ["-L", server, "-f", "/dev/null", ...args], { encoding: "utf8" });
  const settings = Object.entries({ LANG: "C.UTF-8", PS1: "$ ", CI: "", ...env }).flatMap(([key, value]) => [
    "-e",
    `${key}=${value}`,
  ]);
  tmux("new-session", "-d", "-s", "t", "-x", String(columns), "-y", String(rows), ...settings, "sh");
  tmux("set-option", "-t", "t", "window-size", "manual");
  const screen = (): string => tmux("capture-pane", "-p", "-t", "t");
  return {
    type: (...keys) => void tmux("send-keys", "-t", "t", ...keys),
    screen,
    colored: () => tmux("capture-pane", "-e", "-p", "-t", "t"),
    async shows(pattern, limitMs = 20_000) {
      const seen = await eventually(screen, (text) => pattern.test(text), { within: limitMs, every: 50 });
      if (!pattern.test(seen)) throw new Error(`the screen does not show ${pattern}:\n${seen}`);
      return seen;
    },
    resize: (width, height) => void tmux("resize-window", "-t", "t", "-x", String(width), "-y", String(height)),
    end: () => void tmux("kill-server"),
  };
}
