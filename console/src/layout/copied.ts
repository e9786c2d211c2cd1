// What is written as other tools take it: resources of Terraform, words of a shell.

export type Value = string | number | boolean | readonly string[] | Block | undefined;
export interface Block {
  readonly [name: string]: Value;
}

/** A resource of the AWS provider; its label is made of `name`. */
export function terraform(type: string, name: string, body: Block): string {
  const label = name.toLowerCase().replace(/[^a-z0-9_]+/g, "_").replace(/^(?=[0-9])/, "_");
  return `resource "${type}" "${label}" {\n${block(body, "  ")}\n}`;
}

/** A word of a POSIX shell. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

const MAPS = new Set(["tags"]); // of the provider's arguments, those that are no blocks

/** Arguments stand aligned, blocks after them, as `terraform fmt` writes them. */
function block(body: Block, indent: string): string {
  const given = Object.entries(body).filter((entry): entry is [string, Exclude<Value, undefined>] => entry[1] !== undefined);
  const plain = given.filter(([, value]) => !isBlock(value));
  const width = Math.max(...plain.map(([name]) => name.length));
  return [
    ...plain.map(([name, value]) => `${indent}${name.padEnd(width)} = ${literal(value)}`),
    ...given.flatMap(([name, value]) => (isBlock(value) ? ["", `${indent}${name}${MAPS.has(name) ? " =" : ""} {`, block(value, `${indent}  `), `${indent}}`] : [])),
  ].join("\n");
}

function isBlock(value: Value): value is Block {
  return typeof value === "object" && !Array.isArray(value);
}

function literal(value: Value): string {
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  return typeof value === "string" ? JSON.stringify(value).replace(/[$%](?=\{)/g, "$&$&") : String(value);
}
