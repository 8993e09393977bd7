/** The texts that a lab was loaded from: read from files once, and kept with the lab, so that it can be resolved again without them. */
import type { LabSources, SourceText } from "./lab-sources.ts";
import { manifestFiles, readText } from "./text-file.ts";

/** Where the files of spec.manifests come from. Throws UnreadableFile. */
export interface ManifestReader {
  /** The files of the `index`-th entry; of a folder those with these endings (manifests'). */
  files(entry: string, index: number, endings?: ReadonlySet<string>): readonly SourceText[];
}

/** Reads files and remembers their contents. */
export class DiskReader implements ManifestReader {
  readonly #file: string;
  readonly #cwd: string;
  readonly #read: (readonly SourceText[])[] = [];

  constructor(file: string, cwd: string) {
    this.#file = file;
    this.#cwd = cwd;
  }

  files(entry: string, index: number, endings?: ReadonlySet<string>): readonly SourceText[] {
    const texts = manifestFiles(entry, this.#file, this.#cwd, endings).map((file) => ({
      ...file,
      text: readText(file.path),
    }));
    this.#read[index] = texts;
    return texts;
  }

  sources(text: string): LabSources {
    return { file: this.#file, text, manifests: Array.from(this.#read, (texts) => texts ?? []) };
  }
}

/** What was read before, again. */
export function keptReader(sources: LabSources): ManifestReader {
  return { files: (_entry, index) => sources.manifests[index] ?? [] };
}
