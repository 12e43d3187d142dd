"""PURE Published prices that genai-prices lacks: read by `generate.py`, never at run time.

Rows as in `table.py`. A row replaces the one that genai-prices has for the same model, day, speed and step; a test holds the
newest price of each model that genai-prices knows equal to its own. What Anthropic announced, as far as it was reported:

- Mythos 5 costs what Fable 5 does, Mythos 5.1 what Fable 5.1 does: the models' announcements.
- Fast mode of Opus 4.6 and 4.7 cost six times their price, $30 in and $150 out: the fast mode page of their time. Opus 4.6's
  price step at 200,000 tokens, removed on 2026-03-13, is taken to have been multiplied alike: nobody published that.
- Sonnet 4 with a prompt above 200,000 tokens cost $6 in and $22.50 out for the whole request: the long context section.
- Sonnet 5.5 read its cache at $0.20 until 2026-10-07, $0.10 since: the pricing page of both times.
"""

Row = tuple[str, str, str, int, str, str, str, str, str]

ROWS: tuple[Row, ...] = (
    ("claude-mythos-5", "", "standard", 0, "10", "12.5", "20", "1", "50"),
    ("claude-mythos-5-1", "", "standard", 0, "10", "12.5", "20", "0.25", "50"),
    ("claude-opus-4-6", "", "fast", 0, "30", "37.5", "60", "3", "150"),
    ("claude-opus-4-6", "", "fast", 200_000, "60", "75", "120", "6", "225"),
    ("claude-opus-4-6", "2026-03-13", "fast", 0, "30", "37.5", "60", "3", "150"),
    ("claude-opus-4-7", "", "fast", 0, "30", "37.5", "60", "3", "150"),
    ("claude-sonnet-4", "", "standard", 200_000, "6", "7.5", "12", "0.6", "22.5"),
    ("claude-sonnet-5-5", "", "standard", 0, "2", "2.5", "4", "0.2", "10"),
    ("claude-sonnet-5-5", "2026-10-07", "standard", 0, "2", "2.5", "4", "0.1", "10"),
)
