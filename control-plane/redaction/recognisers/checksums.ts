// Check digits shared by several numbers. Each says where its rule is written down.

/** ISO/IEC 7812-1 annex B (Luhn). */
export function hasLuhn(digits: string): boolean {
  let sum = 0;
  for (let at = digits.length - 1, isDouble = false; at >= 0; at -= 1, isDouble = !isDouble) {
    const digit = digits.charCodeAt(at) - 48;
    sum += isDouble ? digit * 2 - (digit > 4 ? 9 : 0) : digit;
  }
  return sum % 10 === 0;
}

/** ISO/IEC 7064 MOD 97-10 over letters and digits (A = 10), as ISO 13616 (IBAN) uses it: the country and key come last. */
export function ibanRemainder(iban: string): number {
  let remainder = 0;
  for (const character of iban.slice(4) + iban.slice(0, 4)) {
    const value = Number.parseInt(character, 36);
    remainder = (remainder * (value > 9 ? 100 : 10) + value) % 97;
  }
  return remainder;
}
