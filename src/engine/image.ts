/** The node image on an engine: built when it is missing or stale, listed, removed. Its tag is the hash of its content. */
import type { ImageInfo } from "dockerode";
import { EXIT, LabError, UsageError } from "../errors.ts";
import { engineError, statusOf, type Engine } from "./engine.ts";
import { imageContent, stageContent } from "./image-content.ts";
import { LABEL } from "./labels.ts";

export const IMAGE = "k8snet-lab-node";
/** Made by scripts/base-image where there is no registry; used when it exists. */
export const LOCAL_BASE = "k8snet-lab-base:bookworm";
const REGISTRY_BASE = "node:24-bookworm-slim";

export interface NodeImage {
  /** REPOSITORY:TAG. */
  readonly tag: string;
  /** False when it was there. */
  readonly built: boolean;
}

export interface ImageOptions {
  readonly base?: string | undefined;
  /** Build even if it exists. */
  readonly force?: boolean | undefined;
  readonly onProgress?: ((line: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Rejects with LabError with the last lines of a build that failed. */
export async function ensureImage(engine: Engine, options: ImageOptions = {}): Promise<NodeImage> {
  const base = options.base ?? process.env["K8SNET_LAB_BASE"] ?? (await defaultBase(engine));
  const content = await imageContent(base);
  const tag = `${IMAGE}:${content.hash}`;
  if (options.force !== true && (await hasImage(engine, tag))) return { tag, built: false };
  options.onProgress?.(`building the node image ${tag} on ${base} (once; the engine keeps it)`);
  const staged = stageContent(content);
  try {
    const stream = await engine.do("build the node image", (docker) =>
      docker.buildImage(
        { context: staged.folder, src: staged.entries },
        {
          t: tag,
          target: "node",
          buildargs: { BASE: base.replace(/@sha256:.*$/, ""), KOFFI: content.koffi },
          labels: { [LABEL.image]: content.hash },
          rm: true,
          forcerm: true,
          version: "1",
          ...(options.signal === undefined ? {} : { abortSignal: options.signal }),
        },
      ),
    );
    await engine.during(followBuild(engine, stream, options.onProgress));
  } finally {
    staged.remove();
  }
  return { tag, built: true };
}

export async function hasImage(engine: Engine, tag: string): Promise<boolean> {
  try {
    await engine.docker.getImage(tag).inspect();
    return true;
  } catch (error) {
    if (statusOf(error) === 404) return false;
    throw engineError(error, engine.address, `look for the image ${tag}`);
  }
}

/** A local base counts by its content. */
async function defaultBase(engine: Engine): Promise<string> {
  try {
    const { Id } = await engine.docker.getImage(LOCAL_BASE).inspect();
    return `${LOCAL_BASE}@${Id}`;
  } catch (error) {
    if (statusOf(error) === 404) return REGISTRY_BASE;
    throw engineError(error, engine.address, "look for a base image");
  }
}

async function followBuild(
  engine: Engine,
  stream: NodeJS.ReadableStream,
  onProgress: ImageOptions["onProgress"],
): Promise<void> {
  const tail: string[] = [];
  try {
    await followProgress(engine, stream, ({ stream: text, status, error }) => {
      const line = (text ?? error ?? status ?? "").trimEnd();
      if (line === "") return;
      tail.push(line);
      if (tail.length > 12) tail.shift();
      onProgress?.(line);
    });
  } catch (error) {
    const { message, hint } = engineError(error, engine.address, "build the node image");
    const words = [message, ...tail.map((line) => `  ${line}`)].join("\n");
    throw new LabError("EIMAGE", EXIT.buildFailed, words, { hint, cause: error });
  }
}

interface ProgressLine {
  readonly stream?: string;
  readonly status?: string;
  readonly error?: string;
}

/** Until the engine has done what it reports about. Rejects with its error. */
export function followProgress(
  engine: Engine,
  stream: NodeJS.ReadableStream,
  onLine?: (line: ProgressLine) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (error: Error | null, output: readonly ProgressLine[] | null): void => {
      const said = output?.find((one) => one.error !== undefined)?.error;
      const failed = error ?? (said === undefined ? undefined : new Error(said));
      if (failed === undefined) resolve();
      else reject(failed);
    };
    engine.docker.modem.followProgress(stream, end, onLine);
  });
}

export interface ListedImage {
  readonly id: string;
  readonly tag: string;
  readonly size: number;
  /** ISO time. */
  readonly created: string;
  /** Containers of any state that use it. */
  readonly containers: number;
}

export async function listImages(engine: Engine): Promise<ListedImage[]> {
  return engine.do("list the images", async (docker) => {
    const [images, containers] = await Promise.all([
      docker.listImages({ filters: { label: [LABEL.image] } }),
      docker.listContainers({ all: true }),
    ]);
    return images.map((image: ImageInfo) => ({
      id: image.Id,
      tag: image.RepoTags?.find((tag) => tag.startsWith(`${IMAGE}:`)) ?? "<none>",
      size: image.Size,
      created: new Date(image.Created * 1000).toISOString(),
      containers: containers.filter(({ ImageID }) => ImageID === image.Id).length,
    }));
  });
}

/** Removes images of ours: the named, or all that no container uses. Throws UsageError for one that is not ours. */
export async function removeImages(engine: Engine, tags: readonly string[]): Promise<string[]> {
  const images = await listImages(engine);
  const wanted = tags.map((text) => {
    const found = images.find(
      ({ tag, id }) =>
        tag === text ||
        tag === `${IMAGE}:${text}` ||
        id === text ||
        (text.length >= 6 && id.startsWith(`sha256:${text}`)),
    );
    if (found === undefined)
      throw new UsageError(
        `${text} is not a node image of k8snet-lab on this engine`,
        "k8snet-lab image ls shows them",
      );
    return found;
  });
  const removed: string[] = [];
  for (const { id, tag, containers } of tags.length > 0 ? wanted : images) {
    if (containers > 0) {
      if (tags.length === 0) continue;
      throw new UsageError(`${tag} is used by ${containers} containers`, "take their labs down first: k8snet-lab ls");
    }
    await engine.do(`remove the image ${tag}`, (docker) => docker.getImage(tag === "<none>" ? id : tag).remove());
    removed.push(tag);
  }
  return removed;
}
