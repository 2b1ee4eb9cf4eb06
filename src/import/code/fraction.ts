/** Numbers with a point, which Python and JavaScript print differently: `8.0` is `8` here. So the text is kept. */
export class Fraction {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }

  /** As Python prints it. */
  toString(): string {
    const { value } = this;
    if (Number.isNaN(value)) return 'nan';
    if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf';
    const size = Math.abs(value);
    if (size === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
    if (size >= 1e16 || size < 1e-4) {
      const [, digits = '', sign = '', exponent = ''] = /^(.*)e([-+])(.*)$/.exec(value.toExponential()) ?? [];
      return `${digits}e${sign}${exponent.padStart(2, '0')}`;
    }
    return Number.isInteger(value) ? `${value}.0` : String(value);
  }
}
