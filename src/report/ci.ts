/** Which CI system we run in, and how its logs fold groups of lines. */
import { printable } from "../printable.ts";

export type CiKind = "github" | "gitlab" | "other" | undefined;
type Environment = Readonly<Record<string, string | undefined>>;

export function detectCi(env: Environment): CiKind {
  if (env["GITHUB_ACTIONS"] === "true") return "github";
  if (env["GITLAB_CI"] !== undefined) return "gitlab";
  const ci = env["CI"];
  return ci === undefined || ci === "" || ci === "false" || ci === "0" ? undefined : "other";
}

export interface GroupMarks {
  open(title: string): string;
  close(): string;
}

/** Marks around foldable lines. `now`: seconds since the epoch (GitLab wants them). Undefined: the CI cannot fold. */
export function groupMarks(ci: CiKind, now: () => number): GroupMarks | undefined {
  if (ci === "github") return { open: (title) => `::group::${printable(title)}`, close: () => "::endgroup::" };
  if (ci !== "gitlab") return undefined;
  // https://docs.gitlab.com/ci/jobs/job_logs/#custom-collapsible-sections
  let id = "";
  return {
    open(title) {
      id = title.toLowerCase().replace(/[^a-z0-9]+/g, "_");
      return `\u001b[0Ksection_start:${Math.floor(now())}:${id}[collapsed=true]\r\u001b[0K${printable(title)}`;
    },
    close: () => `\u001b[0Ksection_end:${Math.floor(now())}:${id}\r\u001b[0K`,
  };
}
