/** How settings name a value: a secret of the catalog, or one field of a secret that has several: `orders_login.password`. */
export const SECRET_FIELD =
  /^(?!keyhand_)[a-z][a-z0-9_-]{0,39}(?:\.[A-Za-z0-9_][A-Za-z0-9_-]{0,63})?$/

/** The secret that such a text names. */
export function secretNameOf(text: string): string {
  return text.split('.', 1)[0] ?? text
}

/** The field that such a text names; null where it names none. */
export function fieldNameOf(text: string): string | null {
  const dot = text.indexOf('.')
  return dot < 0 ? null : text.slice(dot + 1)
}
