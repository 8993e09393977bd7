/** Programs in a container whose output is needed here: to its end, or line by line while it runs. */
import { PassThrough } from "node:stream";
import { createInterface } from "node:readline";
import type { Engine } from "./engine.ts";

const OUTPUT_LIMIT = 64 * 1024;

export interface ExecEnd {
  readonly code: number;
  /** The end of both streams. */
  readonly output: string;
}

export interface RunningExec {
  readonly ended: Promise<ExecEnd>;
  /** Closes its stdin: it is to end. */
  stop(): void;
}

/** `onLine`: each line of its stdout. Rejects with LabError when it cannot be started. */
export async function startInContainer(
  engine: Engine,
  container: string,
  argv: readonly string[],
  onLine: (line: string) => void = () => undefined,
): Promise<RunningExec> {
  const { exec, stream } = await engine.do(`run ${argv[0]} in a container`, async (docker) => {
    const exec = await docker
      .getContainer(container)
      .exec({ AttachStdin: true, AttachStdout: true, AttachStderr: true, Cmd: [...argv] });
    return { exec, stream: await exec.start({ hijack: true, stdin: true }) };
  });
  let said = "";
  const keep = (text: string): void => void (said = (said + text).slice(-OUTPUT_LIMIT));
  const [output, errors] = [new PassThrough(), new PassThrough()];
  output.setEncoding("utf8").on("data", keep);
  errors.setEncoding("utf8").on("data", keep);
  createInterface({ input: output }).on("line", onLine);
  engine.docker.modem.demuxStream(stream, output, errors);
  const closed = new Promise<void>((resolve) => {
    const end = (): void => (output.end(), resolve());
    stream.once("end", end).once("close", end).once("error", end);
  });
  const ended = closed.then(async () => {
    const { ExitCode } = await engine.do(`ask how ${argv[0]} ended`, () => exec.inspect());
    return { code: ExitCode ?? 137, output: said };
  });
  ended.catch(() => undefined);
  return { ended, stop: () => void stream.end() };
}

export async function runToEnd(engine: Engine, container: string, argv: readonly string[]): Promise<ExecEnd> {
  const running = await startInContainer(engine, container, argv);
  running.stop();
  return engine.during(running.ended);
}
