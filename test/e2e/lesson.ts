/** What a lab's lesson says to type, as its reader does it: in order, in a shell that has k8snet-lab on its PATH. */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";

export interface Typed {
  readonly command: string;
  readonly code: number | null;
  readonly output: string;
  readonly ms: number;
}

/** Blocks of commands: lines of Markdown that are indented by four, after the heading "Try it". Pictures stand before it. */
export function lessonCommands(description: string): readonly (readonly string[])[] {
  const [, lesson = ""] = description.split(/^## Try it$/m);
  const [text = ""] = lesson.split(/^## /m);
  return text
    .split(/\n(?! {4}|$)/)
    .map((part) =>
      part
        .split("\n")
        .filter((line) => line.startsWith("    ") && !/^ *#/.test(line))
        .map((line) => line.trim()),
    )
    .filter((block) => block.length > 0);
}

function start(command: string, cwd: string, path: string): { child: ChildProcess; done: Promise<Typed> } {
  const child = spawn("bash", ["-c", command], {
    cwd,
    env: { HOME: process.env["HOME"], LANG: "C.UTF-8", PATH: path },
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const since = performance.now();
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  const done = new Promise<Typed>((resolve) => {
    child.once("close", (code) => resolve({ command, code, output, ms: performance.now() - since }));
  });
  return { child, done };
}

export function typeCommand(command: string, cwd: string, path: string): Promise<Typed> {
  return start(command, cwd, path).done;
}

/** A capture is for a second terminal: it begins before the commands that follow it, and Ctrl-C ends it after them. */
export async function typeBlock(commands: readonly string[], cwd: string, path: string): Promise<readonly Typed[]> {
  const typed: Typed[] = [];
  const captures: ReturnType<typeof start>[] = [];
  for (const command of commands) {
    if (!command.startsWith("k8snet-lab capture ")) {
      typed.push(await typeCommand(command, cwd, path));
      continue;
    }
    const capture = start(command, cwd, path);
    captures.push(capture);
    const listens = new Promise<void>((resolve) => {
      capture.child.stderr?.on("data", (text: string) => {
        if (text.includes("Ctrl-C ends")) resolve();
      });
    });
    await Promise.race([listens, capture.done]);
  }
  for (const { child, done } of captures) {
    if (child.exitCode === null && child.pid !== undefined) process.kill(-child.pid, "SIGINT");
    typed.push(await done);
  }
  return typed;
}
