/** Names and label syntax as Kubernetes' API server checks them (k8s.io/apimachinery/pkg/util/validation), with its messages. */
import type { Path } from "./path.ts";
import type { Report } from "./report.ts";

interface NameRule {
  readonly pattern: RegExp;
  readonly max: number;
  readonly message: string;
}

const LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";

export const DNS_LABEL: NameRule = {
  pattern: /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/,
  max: 63,
  message: `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name', or '123-abc', regex used for validation is '${LABEL}')`,
};

export const DNS_SUBDOMAIN: NameRule = {
  pattern: /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
  max: 253,
  message: `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${LABEL}(\\.${LABEL})*')`,
};

/** Names of Services: they become DNS names whose first character must be a letter (RFC 1035). */
export const DNS_1035_LABEL: NameRule = {
  pattern: /^[a-z]([-a-z0-9]*[a-z0-9])?$/,
  max: 63,
  message:
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')",
};

const QUALIFIED_NAME: NameRule = {
  pattern: /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/,
  max: 63,
  message:
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName', or 'my.name', or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
};

const LABEL_VALUE: NameRule = {
  pattern: /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/,
  max: 63,
  message:
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue', or 'my_value', or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
};

const ENV_NAME: NameRule = {
  pattern: /^[-._a-zA-Z][-._a-zA-Z0-9]*$/,
  max: 1024,
  message:
    "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit (e.g. 'my.env-name', or 'MY_ENV.NAME', or 'MyEnvName1', regex used for validation is '[-._a-zA-Z][-._a-zA-Z0-9]*')",
};

/** `Invalid value: "Web_0": …`, as the API server prints it; long values are cut. */
export function invalidValue(value: unknown, message: string): string {
  const shown =
    typeof value === "string" ? JSON.stringify(value.slice(0, 100)) : String(JSON.stringify(value)).slice(0, 200);
  return `Invalid value: ${shown}: ${message}`;
}

/** `Unsupported value: "Foo": supported values: "A", "B"`, as the API server prints it. */
export function unsupportedValue(value: string, supported: readonly string[]): string {
  return `Unsupported value: ${JSON.stringify(value.slice(0, 100))}: supported values: ${supported.map((one) => JSON.stringify(one)).join(", ")}`;
}

export function checkName(value: string, rule: NameRule, path: Path, report: Report): void {
  if (value.length > rule.max) {
    report(path, invalidValue(value, `must be no more than ${rule.max} characters`), { at: "value" });
  } else if (!rule.pattern.test(value)) {
    report(path, invalidValue(value, rule.message), { at: "value" });
  }
}

export function checkEnvName(value: string, path: Path, report: Report): void {
  checkName(value, ENV_NAME, path, report);
}

export function checkQualifiedName(value: string, path: Path, report: Report): void {
  const slash = value.indexOf("/");
  if (slash >= 0 && value.indexOf("/", slash + 1) >= 0) {
    report(
      path,
      invalidValue(
        value,
        "a qualified name must have at most one '/' (an optional DNS subdomain prefix and '/' before the name)",
      ),
    );
    return;
  }
  if (slash === 0) report(path, invalidValue(value, "prefix part must be non-empty"));
  if (slash > 0) checkName(value.slice(0, slash), DNS_SUBDOMAIN, path, report);
  const name = value.slice(slash + 1);
  if (name === "") report(path, invalidValue(value, "name part must be non-empty"));
  else checkName(name, QUALIFIED_NAME, path, report);
}

export function checkLabelKey(key: string, path: Path, report: Report): void {
  checkQualifiedName(key, path, report);
}

export function checkLabelValue(value: string, path: Path, report: Report): void {
  checkName(value, LABEL_VALUE, path, report);
}

/** Label maps: qualified keys and label values. */
export function checkLabels(
  labels: Readonly<Record<string, string>> | null | undefined,
  path: Path,
  report: Report,
): void {
  for (const [key, value] of Object.entries(labels ?? {})) {
    checkQualifiedName(key, [...path, key], report);
    checkName(value, LABEL_VALUE, [...path, key], report);
  }
}

/** IANA_SVC_NAME: names of ports. */
export function checkPortName(value: string, path: Path, report: Report): void {
  const bad = (message: string): void => report(path, invalidValue(value, message), { at: "value" });
  if (value.length > 15) bad("must be no more than 15 characters");
  else if (!/^[a-z0-9-]+$/.test(value)) bad("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
  else if (!/[a-z]/.test(value)) bad("must contain at least one letter (a-z)");
  else if (value.includes("--")) bad("must not contain consecutive hyphens");
  else if (value.startsWith("-") || value.endsWith("-")) bad("must not begin or end with a hyphen");
}
