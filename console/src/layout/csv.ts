// Lists as CSV (RFC 4180), for spreadsheets and scripts.

/** With a header; lines end with CR LF. */
export function csvOf(header: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  return [header, ...rows].map((row) => `${row.map(cell).join(",")}\r\n`).join("");
}

function cell(value: string | number): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Has the browser save a text as a file. */
export function saveFile(name: string, text: string, type: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  Object.assign(document.createElement("a"), { href: url, download: name }).click();
  URL.revokeObjectURL(url);
}

export const saveCsv = (name: string, header: readonly string[], rows: readonly (readonly (string | number)[])[]): void => saveFile(`${name}.csv`, csvOf(header, rows), "text/csv;charset=utf-8");
