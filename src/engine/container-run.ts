/** Runs a command in a container with this process's own terminal or pipes, sizes and exit code included. */
import type { EngineAddress } from "./address.ts";
import { Engine } from "./engine.ts";

export interface RunStreams {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

/** What belongs to this machine and has no meaning in a container. */
const LEFT_OUT = new Set(["PATH", "HOME", "USER", "LOGNAME", "SHELL"]);
/** The engine's default, Ctrl-P, would swallow what shells use. */
const DETACH_KEYS = "ctrl-^,ctrl-^,ctrl-_";

/** Resolves with the command's exit code. */
export async function runInContainer(
  { id, engine: address }: { readonly id: string; readonly engine: EngineAddress },
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  { stdin, stdout, stderr }: RunStreams,
): Promise<number> {
  const engine = await Engine.open(address);
  const tty = Boolean(stdin.isTTY) && Boolean(stdout.isTTY);
  const raw = tty && typeof stdin.setRawMode === "function";
  const Env = Object.entries(env).flatMap(([name, value]) =>
    value === undefined || LEFT_OUT.has(name) ? [] : [`${name}=${value}`],
  );
  try {
    return await engine.do("run a command in the container", async (docker) => {
      const exec = await docker.getContainer(id).exec({
        AttachStdin: true,
        AttachStdout: true,
        AttachStderr: true,
        Tty: tty,
        DetachKeys: DETACH_KEYS,
        Env,
        Cmd: [...argv],
      });
      const stream = await exec.start({ hijack: true, stdin: true, Tty: tty });
      const resize = (): void => void exec.resize({ h: stdout.rows, w: stdout.columns }).catch(() => undefined);
      const ignore = (): void => undefined;
      const ended = new Promise<void>((resolve) =>
        stream
          .once("end", resolve)
          .once("close", resolve)
          .once("error", () => resolve()),
      );
      if (tty) {
        stream.on("data", (chunk: Buffer) => stdout.write(chunk));
        resize();
        stdout.on("resize", resize);
      } else engine.docker.modem.demuxStream(stream, stdout, stderr);
      if (raw) stdin.setRawMode(true);
      process.on("SIGINT", ignore);
      const onData = (chunk: Buffer): void => void stream.write(chunk);
      const onEnd = (): void => void stream.end();
      stdin.on("data", onData);
      stdin.once("end", onEnd);
      stdin.resume();
      try {
        await ended;
      } finally {
        stdin.off("data", onData).off("end", onEnd).pause();
        if (raw) stdin.setRawMode(false);
        stdout.off("resize", resize);
        process.off("SIGINT", ignore);
        stream.destroy();
      }
      const { ExitCode } = await exec.inspect();
      return ExitCode ?? 137;
    });
  } finally {
    engine.close();
  }
}
