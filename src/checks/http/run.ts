/** http: one request; status, body, headers, which target answered and which source it saw. */
import type { ProbeResult } from "../../services/probe/protocol.ts";
import type { HttpCheck } from "./resolve.ts";
import { certificateDiffers, describeCertificate } from "./certificate.ts";
import { answeredByAnother } from "./backend.ts";
import type { Lab } from "../../lab/lab.ts";
import type { Family } from "../../net/family.ts";
import { formatDestination, formatSource } from "../destination.ts";
import type { RunContext, CheckFinding } from "../kind.ts";
import { formatUrl, httpRequest } from "./request.ts";
import { requestLegs, runLegs, type LegLook } from "../leg.ts";
import { probeOnce } from "../probe.ts";
import { describeTextMatch, textMatches } from "../text-match.ts";
import { EXPECTED_OUTCOME, quote, within } from "../wording.ts";
import { expectedOutcome } from "../denial.ts";
import { judgeConnect } from "../connect/run.ts";

export async function run(check: HttpCheck, context: RunContext): Promise<CheckFinding> {
  const legs = requestLegs(
    check,
    context,
    (from, family) => httpRequest(check, from, family),
    async (probe, from, family) => {
      const expect = { ...check.expect, outcome: expectedOutcome(context.lab, from, { ...check, protocol: "tcp" }, family, check.expect.outcome) }; // prettier-ignore
      return judge(context.lab, await probeOnce(context, probe), { ...check, expect }, family);
    },
  );
  return runLegs(check, context, legs, { expected: expectation(check), negative: context.negative, overlap: true });
}

function expectation(check: HttpCheck): string {
  const { outcome, status, backend, redirect, certificate, body, headers, sourceIP, hostname } = check.expect;
  const family = check.families[0] ?? "ipv4";
  const details = [
    status === undefined ? undefined : `status ${status}`,
    hostname === undefined ? undefined : `from ${hostname}`,
    backend === undefined ? undefined : `an answer from an endpoint of ${backend.text}`,
    certificate === undefined ? undefined : describeCertificate(certificate),
    redirect === undefined ? undefined : `a redirect whose Location ${describeTextMatch(redirect)}`,
    sourceIP === undefined
      ? undefined
      : `source ${check.families.length > 1 ? formatDestination(sourceIP) : formatSource(sourceIP, family)} seen by the server`,
    body === undefined ? undefined : `a body that ${describeTextMatch(body)}`,
    ...Object.entries(headers).map(([name, value]) => `header ${name} that ${describeTextMatch(value)}`),
  ].filter((detail) => detail !== undefined);
  return `${check.method} ${formatUrl(check)} ${EXPECTED_OUTCOME[outcome]}${details.length === 0 ? "" : ` with ${details.join(", ")}`} ${within(check)}`;
}

function judge(lab: Lab, result: ProbeResult, check: HttpCheck, family: Family): LegLook {
  const connected = judgeConnect(result, check, family);
  const answer = result.http;
  if (result.outcome !== "open" || answer === undefined) return connected;
  const got = `status ${answer.status}${result.hostname === undefined ? "" : ` from ${result.hostname}`}${result.sourceIP === undefined ? "" : `, source ${result.sourceIP} seen by the server`}`;
  if (!connected.ok) return { ...connected, got: connected.got.startsWith("open") ? got : connected.got };
  const { status, backend, redirect, certificate, body, headers } = check.expect;
  if (status !== undefined && answer.status !== status)
    return { ok: false, got: `${got}, body ${quote(answer.body)}`, probe: result };
  const otherBackend = backend === undefined ? undefined : answeredByAnother(lab, backend, result);
  if (otherBackend !== undefined) return { ok: false, got: `${got}, ${otherBackend}`, probe: result };
  const shown = certificate === undefined ? undefined : certificateDiffers(certificate, result.tls);
  if (shown !== undefined) return { ok: false, got: `${got}, ${shown}`, probe: result };
  const location = answer.headers["location"] ?? "";
  if (redirect !== undefined && (answer.status < 300 || answer.status > 399 || !textMatches(location, redirect)))
    return { ok: false, got: location === "" ? `${got}, no redirect` : `${got}, to ${quote(location)}`, probe: result };
  if (body !== undefined && !textMatches(answer.body, body))
    return { ok: false, got: `${got}, body ${quote(answer.body)}`, probe: result };
  for (const [name, wanted] of Object.entries(headers)) {
    const value = answer.headers[name.toLowerCase()];
    if (value === undefined) return { ok: false, got: `${got}, without header ${name}`, probe: result };
    if (!textMatches(value, wanted))
      return { ok: false, got: `${got}, header ${name}: ${quote(value)}`, probe: result };
  }
  return { ok: true, got, probe: result };
}
