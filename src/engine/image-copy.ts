/** Brings the node image from one engine to another, as `docker save | docker load` does. */
import { followProgress } from "./image.ts";
import { PassThrough, type Readable } from "node:stream";
import { EXIT, LabError } from "../errors.ts";
import { engineError, type Engine } from "./engine.ts";

/** Milliseconds between two lines about how far it is. */
const SAY_EVERY = 2000;

export interface ImageCopy {
  readonly tag: string;
  readonly from: Engine;
  readonly to: Engine;
  /** For messages. */
  readonly name: string;
  readonly onProgress?: ((line: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Rejects with LabError with the engine's message: no space left, connection lost. */
export async function copyImage({ tag, from, to, name, onProgress, signal }: ImageCopy): Promise<void> {
  const [size, saved] = await from.do(`save the image ${tag}`, async (docker) => {
    const image = docker.getImage(tag);
    return [(await image.inspect()).Size, (await image.get()) as Readable] as const;
  });
  onProgress?.(`copying the node image to ${name} (${megabytes(size)} MB, once; the engine keeps it)`);
  const counted = new PassThrough();
  let bytes = 0;
  let reportedAt = performance.now();
  saved.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (performance.now() - reportedAt < SAY_EVERY) return;
    reportedAt = performance.now();
    onProgress?.(`copying the node image to ${name}: ${megabytes(bytes)} of about ${megabytes(size)} MB`);
  });
  saved.on("error", (error) => counted.destroy(error)).pipe(counted);
  const stop = (): void => void counted.destroy(new Error("interrupted"));
  signal?.addEventListener("abort", stop);
  try {
    const load = async (): Promise<void> => {
      await followProgress(to, await to.docker.loadImage(counted, { quiet: true }));
    };
    await from.during(to.during(load()));
  } catch (error) {
    const { message, hint } = engineError(error, to.address, `load the image ${tag}`);
    throw new LabError("EIMAGE", EXIT.buildFailed, message, { hint, cause: error });
  } finally {
    signal?.removeEventListener("abort", stop);
    saved.destroy();
  }
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1_000_000);
}
