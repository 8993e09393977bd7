/** A place in a lab while it is being resolved: reads positions, collects every mistake instead of stopping at the first. */
import { isMistake, type Diagnostic } from "../errors.ts";
import type { Cause, SourceRef } from "../cause.ts";
import { formatPath, type Locate, type Path } from "./path.ts";

/** All mistakes of one lab. */
export class DiagnosticList {
  readonly diagnostics: Diagnostic[] = [];
  /** Parts of the input could not be read: names that seem missing may be there. */
  readonly #incomplete: boolean;

  constructor(incomplete = false) {
    this.#incomplete = incomplete;
  }

  add(severity: Diagnostic["severity"], source: SourceRef, path: Path, message: string, hint?: string): void {
    this.diagnostics.push({
      severity,
      message,
      source,
      path: formatPath(path),
      ...(hint === undefined ? {} : { hint }),
    });
  }

  /** A name that does not exist: reported only when everything could be read. */
  dangling(source: SourceRef, path: Path, message: string, hint?: string): void {
    if (!this.#incomplete) this.add("error", source, path, message, hint);
  }

  get failed(): boolean {
    return this.diagnostics.some(isMistake);
  }
}

/** A cursor: a path in one document, with what is needed to report about it. */
export class Scope {
  readonly mistakes: DiagnosticList;
  readonly path: Path;
  readonly #locate: Locate;

  constructor(mistakes: DiagnosticList, locate: Locate, path: Path = []) {
    this.mistakes = mistakes;
    this.#locate = locate;
    this.path = path;
  }

  at(...path: Path): Scope {
    return new Scope(this.mistakes, this.#locate, [...this.path, ...path]);
  }

  /** From the object that has this place in it. */
  beside(...path: Path): Scope {
    return new Scope(this.mistakes, this.#locate, [...this.path.slice(0, -1), ...path]);
  }

  /** The same place without reports, for fields that are reported elsewhere. */
  muted(): Scope {
    return new Scope(new DiagnosticList(), this.#locate, this.path);
  }

  source(part: "key" | "value" = "key"): SourceRef {
    return this.#locate(this.path, part);
  }

  /** `spec.clusters.west.cni`. */
  get text(): string {
    return formatPath(this.path);
  }

  cause(object: string, reason: string): Cause {
    return { source: this.source(), object, reason };
  }

  /** A mistake in this place's value. */
  error(message: string, hint?: string): void {
    this.mistakes.add("error", this.source("value"), this.path, message, hint);
  }

  /** A mistake in this place's key. */
  keyError(message: string, hint?: string): void {
    this.mistakes.add("error", this.source("key"), this.path, message, hint);
  }

  warn(message: string, hint?: string): void {
    this.mistakes.add("warning", this.source("value"), this.path, message, hint);
  }

  dangling(message: string, hint?: string): void {
    this.mistakes.dangling(this.source("value"), this.path, message, hint);
  }
}
