/** A lab from its file: YAML, shape, manifests, meaning; every mistake at once, with file, line and column. */
import { at, isObject } from "../kube/manifest-parts.ts";
import { append } from "../append.ts";
import { resolve } from "node:path";
import { InputError, isMistake, type Diagnostic } from "../errors.ts";
import type { LabInput } from "./input.ts";
import type { LabSources, OtherNetwork } from "../syntax/lab-sources.ts";
import type { Lab } from "../lab/lab.ts";
import { withOtherNetwork } from "./other-network.ts";
import { nearestNames } from "../syntax/nearest.ts";
import { formatPath } from "../syntax/path.ts";
import { resolveLab } from "./resolve-lab.ts";
import { imagePrograms } from "../kube/pod/image-programs.ts";
import { readAllManifests } from "./lab-manifests.ts";
import { manifestWithoutCommands } from "./without-commands.ts";
import { API_VERSION, labDocument } from "./schema.ts";
import { foldDiagnostics, foldWarnings } from "./fold-diagnostics.ts";
import { lacksImageProgram, lacksProgram } from "./host-programs.ts";
import { readObjects } from "./manifest-objects.ts";
import { readManifests } from "./manifest.ts";
import { shapeDocument } from "./prune.ts";
import { DiskReader, keptReader } from "../syntax/sources.ts";
import type { ManifestReader } from "../syntax/sources.ts";
import { readText, UnreadableFile } from "../syntax/text-file.ts";
import { parseStream } from "../syntax/yaml-stream.ts";
import type { StreamDocument } from "../syntax/yaml-stream.ts";

export interface LoadedLab {
  readonly lab: Lab;
  /** Named warnings, sorted by file and line. */
  readonly warnings: readonly Diagnostic[];
  /** What it was resolved from: to be resolved again after a change of the running lab. */
  readonly input: LabInput;
  readonly sources: LabSources;
}

export interface LoadOptions {
  readonly cwd?: string | undefined;
  /** What may matter to the network and is not built is a mistake. */
  readonly strict?: boolean | undefined;
  /** The lab's machines are containers: programs are those of their image. */
  readonly inContainers?: boolean | undefined;
  /** None of the lab's programs are run: containers are stand-ins; processes, command checks and steps are left out. */
  readonly noCommands?: boolean | undefined;
  /** Links to the namespace of this machine itself are mistakes: the lab is to be built, and they were not allowed. */
  readonly refuseHostLinks?: boolean | undefined;
  /** In place of the network of the file. */
  readonly network?: OtherNetwork | undefined;
}

const kindOf = ({ value }: StreamDocument): unknown => at(value, ["kind"]);

/** A placeholder for the head of a lab while the mistakes in its body are looked for. */
const FALLBACKS: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ["apiVersion", API_VERSION],
  ["kind", "Lab"],
  ["metadata", { name: "lab" }],
  ["metadata.name", "lab"],
  ["spec", {}],
]);

/** The Lab document and the manifests of the lab file's stream. */
function splitStream(
  documents: readonly StreamDocument[],
  file: string,
  diagnostics: Diagnostic[],
): { lab: StreamDocument | undefined; rest: readonly StreamDocument[] } {
  const [first] = documents;
  const start = { file, line: 1, column: 1 };
  const hint = `begin the file with apiVersion: ${API_VERSION}, kind: Lab, metadata: { name: … }, spec: …`;
  if (first === undefined) {
    if (diagnostics.length === 0)
      diagnostics.push({ severity: "error", message: "the file is empty", hint, source: start });
    return { lab: undefined, rest: [] };
  }
  if (first.value === undefined || kindOf(first) === "Lab") return { lab: first, rest: documents.slice(1) };
  const later = documents.find((document) => kindOf(document) === "Lab");
  if (later !== undefined) {
    diagnostics.push({
      severity: "error",
      message: "the Lab must be the first document of the file",
      hint: "move it to the top; manifests follow after ---",
      source: later.locate(["kind"]),
    });
    return { lab: later, rest: documents.filter((document) => document !== later) };
  }
  const kind = kindOf(first);
  if (kind === undefined && isObject(first.value) && Object.hasOwn(first.value, "spec")) {
    diagnostics.push({
      severity: "error",
      message: "kind is missing",
      hint: "add kind: Lab",
      source: first.locate([]),
    });
    return { lab: { ...first, value: { ...first.value, kind: "Lab" } }, rest: documents.slice(1) };
  }
  const source = kind === undefined ? first.locate([]) : first.locate(["kind"], "value");
  const guess = typeof kind === "string" && nearestNames(kind, ["Lab"]).length > 0 ? 'did you mean "Lab"? ' : "";
  const message =
    kind === undefined
      ? "not a lab file: the first document is not of kind Lab"
      : `the first document is not a Lab but ${JSON.stringify(kind).slice(0, 80)}`;
  diagnostics.push({ severity: "error", message, hint: guess + hint, source });
  // What has no kind is not a manifest either: that is one mistake.
  return { lab: undefined, rest: kind === undefined ? documents.slice(1) : documents };
}

function compareDiagnostics(files: readonly string[]): (a: Diagnostic, b: Diagnostic) => number {
  const rank = (d: Diagnostic): number => files.indexOf(d.source?.file ?? "");
  return (a, b) =>
    rank(a) - rank(b) ||
    (a.source?.line ?? 0) - (b.source?.line ?? 0) ||
    (a.source?.column ?? 0) - (b.source?.column ?? 0);
}

/** Sorted by file and position, without duplicates. */
function tidy(diagnostics: readonly Diagnostic[], file: string): readonly Diagnostic[] {
  const files = [...new Set([file, ...diagnostics.map((d) => d.source?.file ?? "")])];
  const seen = new Set<string>();
  return diagnostics.toSorted(compareDiagnostics(files)).filter((d) => {
    const key = `${d.source?.file}:${d.source?.line}:${d.source?.column} ${d.message}`;
    return !seen.has(key) && seen.add(key) !== undefined;
  });
}

/** Shapes the lab and its manifests. `input` is undefined where there is no usable lab. */
function readInput(
  text: string,
  file: string,
  options: LoadOptions,
  reader: ManifestReader,
  lacks: (program: string) => boolean,
  diagnostics: Diagnostic[],
): LabInput | undefined {
  const stream = parseStream(text, file);
  diagnostics.push(...stream.diagnostics);
  const { lab: given, rest } = splitStream(stream.documents, file, diagnostics);
  const other = options.network;
  const changed = given === undefined || other === undefined ? undefined : withOtherNetwork(given, other);
  diagnostics.push(...(changed?.diagnostics ?? []));
  const document = changed?.document ?? given;
  if (document === undefined || document.value === undefined) {
    const { objects, diagnostics: found } = readObjects(rest);
    diagnostics.push(...found, ...readManifests(objects).diagnostics);
    return undefined;
  }
  const shaped = shapeDocument(labDocument, document.value, document.locate, FALLBACKS);
  for (const mistake of shaped.mistakes) {
    diagnostics.push({
      severity: "error",
      message: mistake.message,
      source: document.locate(mistake.path, mistake.at),
      path: formatPath(mistake.path),
      ...(mistake.hint === undefined ? {} : { hint: mistake.hint }),
    });
  }
  const { data } = shaped;
  const read = readAllManifests(data?.spec, rest, {
    lab: document,
    file,
    cwd: options.cwd ?? ".",
    reader,
    strict: options.strict,
    isMistaken: diagnostics.some(isMistake),
    place: shaped.locate,
  });
  append(diagnostics, read.diagnostics);
  if (data === undefined || read.spec === undefined) return undefined;
  const manifests = options.noCommands === true ? read.manifests.map(manifestWithoutCommands) : read.manifests;
  const programs = imagePrograms(manifests);
  return {
    file,
    lacking: new Set([...programs].filter((program) => lacks(program))),
    ...(options.noCommands === true ? { noCommands: true } : {}),
    ...(options.refuseHostLinks === true ? { refuseHostLinks: true } : {}),
    document: { ...data, spec: read.spec },
    locate: shaped.locate,
    manifests,
    incomplete: shaped.incomplete || read.incomplete || stream.diagnostics.length > 0,
  };
}

function lackingOf({ lacking }: LabInput): Pick<LabSources, "lacking"> {
  return lacking === undefined || lacking.size === 0 ? {} : { lacking: [...lacking] };
}

/** Loads a lab from text; `file` names it in messages and is where spec.manifests are looked for. Throws InputError with all mistakes. */
export function loadLabText(text: string, file: string, options: LoadOptions = {}): LoadedLab {
  const lacks = options.inContainers === true ? lacksImageProgram : lacksProgram;
  const reader = new DiskReader(file, options.cwd ?? ".");
  const diagnostics: Diagnostic[] = [];
  const input = readInput(text, file, options, reader, lacks, diagnostics);
  const resolved = input === undefined ? undefined : resolveLab(input);
  append(diagnostics, resolved?.diagnostics ?? []);
  if (input === undefined || resolved === undefined || diagnostics.some(isMistake))
    throw new InputError(foldWarnings(foldDiagnostics(tidy(diagnostics, file))));
  return {
    lab: resolved.lab,
    warnings: foldWarnings(tidy(diagnostics, file)),
    input,
    sources: {
      ...reader.sources(text),
      ...lackingOf(input),
      ...(options.noCommands === true ? { noCommands: true } : {}),
      ...(options.network === undefined ? {} : { network: options.network }),
    },
  };
}

/** What a running lab was loaded from, to be resolved again. Throws InputError when another version no longer accepts it. */
export function loadSources(sources: LabSources): LabInput {
  const diagnostics: Diagnostic[] = [];
  const lacked = new Set(sources.lacking);
  const lacks = (program: string): boolean => lacked.has(program);
  const options = { cwd: "/", noCommands: sources.noCommands, network: sources.network };
  const input = readInput(sources.text, sources.file, options, keptReader(sources), lacks, diagnostics);
  if (input === undefined || diagnostics.some(isMistake)) throw new InputError(tidy(diagnostics, sources.file));
  return input;
}

/** Loads a lab file with its manifests. Throws InputError with all mistakes. */
export async function loadLab(file: string, options: LoadOptions = {}): Promise<LoadedLab> {
  let text: string;
  try {
    text = readText(resolve(options.cwd ?? ".", file));
  } catch (error) {
    if (!(error instanceof UnreadableFile)) throw error;
    throw new InputError([
      {
        severity: "error",
        message: `cannot read ${JSON.stringify(file)}: ${error.message}`,
        hint: error.hint ?? "name a lab file: k8snet-lab up labs/overlay.yaml",
      },
    ]);
  }
  return loadLabText(text, file, options);
}
