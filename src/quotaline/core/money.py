"""PURE THE table of currencies, and money as text: printed exact from minor units, parsed exact from what a person writes.

Money on this path is `[minor units, currency, exponent]`: `[1240, "USD", 2]` is $12.40. ISO 4217 says how many decimals a
currency has; 2 is what most have.
"""

from quotaline.core.values import number, printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# currency: its symbol, and what stands for that where only ASCII can be shown
CURRENCIES = {
    "USD": ("$", "$"),
    "EUR": ("€", "EUR "),
    "GBP": ("£", "GBP "),
    "JPY": ("¥", "JPY "),
    "INR": ("₹", "INR "),
    "KRW": ("₩", "KRW "),
    "BRL": ("R$", "R$"),
    "CAD": ("CA$", "CA$"),
    "AUD": ("A$", "A$"),
}
DECIMALS = {
    0: ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"),
    3: ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"),
}
SYMBOLS = sorted((symbol for symbol, _ in CURRENCIES.values()), key=len, reverse=True)
MOST_DECIMALS = 6
MOST_MINOR_UNITS = 10**15
"""A float counts every integer up to here exactly."""


def currency_exponent(currency: str) -> int:
    """The decimals of an ISO 4217 currency: JPY 0, KWD 3, 2 for what is not listed."""
    return next((places for places, codes in DECIMALS.items() if currency in codes), 2)


def format_money(value: "Any") -> "str | None":
    """`[minor units, currency, exponent]`, or a number of dollars; integers stay exact, a negative amount keeps its sign."""
    if isinstance(value, list):
        amount, currency, exponent = value
        sign = "-" if amount < 0 else ""
        digits = format_amount(abs(amount), exponent)
    else:
        dollars = number(value)
        if dollars is None:
            return None
        sign, currency, digits = ("-" if dollars < 0 else ""), "USD", f"{abs(dollars):.2f}"
    symbol = CURRENCIES.get(currency, ("",))[0]
    return f"{sign}{symbol}{digits}" if symbol else f"{sign}{digits} {printable(currency)}"


def format_amount(amount: int, exponent: int) -> str:
    """Minor units as whole ones, exact: 1240 with two decimals is 12.40."""
    whole, minor = divmod(abs(amount), 10**exponent)
    digits = f"{whole}.{minor:0{exponent}d}" if exponent else str(whole)
    return f"-{digits}" if amount < 0 else digits


def parse_amount(text: str) -> "list[int] | None":
    """`5`, `5.00`, `$5`, `R$5`, `5 CHF`, `EUR 5` as `[digits, decimals]`, exact; None when it is not an amount.

    Whatever `format_money` prints is understood; the currency is not looked at.
    """
    text = text.strip()
    symbol = next((symbol for symbol in SYMBOLS if text.startswith(symbol)), "")
    text = text[len(symbol) :]
    for code, amount in (text.split(maxsplit=1), text.rsplit(maxsplit=1)[::-1]) if " " in text and not symbol else ():
        if code.isascii() and code.isalpha():
            text = amount
            break
    whole, point, fraction = text.partition(".")
    digits = whole + fraction
    if not digits.isdigit() or not digits.isascii() or (point and not fraction) or len(fraction) > MOST_DECIMALS:
        return None
    return [int(digits), len(fraction)]


def to_minor_units(amount: "list[int]", exponent: int) -> int:
    """A parsed amount in minor units; in a currency with fewer decimals than it was written with, the next whole unit above."""
    digits, decimals = amount
    more: int = 10 ** abs(exponent - decimals)
    return digits * more if exponent >= decimals else -(-digits // more)


def dollars_to_cents(value: "Any") -> "int | None":
    """Whole US dollars (`521.5`, a number or its text) as exact cents, half a cent up; None where there is no such amount."""
    amount = number(value)
    if amount is None or abs(amount) > MOST_MINOR_UNITS / 100:
        return None
    mantissa, _, power = repr(amount).partition("e")
    whole, _, fraction = mantissa.lstrip("-").partition(".")
    shift = int(power or 0) + 2
    digits = whole + fraction
    point = len(whole) + shift
    digits = digits.ljust(point, "0") if point > 0 else "0" * (1 - point) + digits
    point = max(point, 1)
    cents = int(digits[:point]) + (digits[point : point + 1] >= "5")
    return -cents if amount < 0 else cents


def money_left(used: "list[Any] | None", limit: "list[Any] | None", balance: "list[Any] | None" = None) -> "list[Any] | None":
    """What can still be spent, never below zero: the rest of the cap, or the prepaid balance where that is less.

    None where neither is known; amounts of other currencies say nothing of each other.
    """
    unit = used or limit or balance
    if not unit:
        return None
    found = []
    if used and limit and used[1] == limit[1]:
        places = max(used[2], limit[2])
        found.append([_scaled(limit, places) - _scaled(used, places), unit[1], places])
    if balance and balance[1] == unit[1]:
        found.append(balance)
    if not found:
        return None
    places = max(one[2] for one in found)
    return [max(0, min(_scaled(one, places) for one in found)), unit[1], places]


def _scaled(money: "list[Any]", places: int) -> int:
    amount: int = money[0] * 10 ** (places - money[2])
    return amount


def money_share(used: "list[Any] | None", limit: "list[Any] | None") -> "float | None":
    """Percent of `limit` that is used; None where one is missing, the limit is not positive or the currencies differ."""
    if not used or not limit or limit[0] <= 0 or used[1] != limit[1]:
        return None
    scaled_used, scaled_limit = used[0] * 10 ** limit[2], limit[0] * 10 ** used[2]
    return float(scaled_used * 100 / scaled_limit)
