"""PURE Anthropic's list prices. Written by `make prices`; do not edit.

Each row: model, first day (UTC) or "", speed, for prompts above this many tokens, then US dollars per million tokens of
input, 5-minute cache writes, 1-hour cache writes, cache reads, output.
"""

GENERATED = "2026-11-25"
SOURCE = "genai-prices 0.2.3 and supplement.py"

ROWS: tuple[tuple[str, str, str, int, str, str, str, str, str], ...] = (
    ("claude-2", "", "standard", 0, "8", "8", "8", "8", "24"),
    ("claude-3-5-haiku", "", "standard", 0, "0.8", "1", "1.6", "0.08", "4"),
    ("claude-3-5-sonnet", "", "standard", 0, "3", "3.75", "6", "0.3", "15"),
    ("claude-3-7-sonnet", "", "standard", 0, "3", "3.75", "6", "0.3", "15"),
    ("claude-3-haiku", "", "standard", 0, "0.25", "0.3", "0.5", "0.03", "1.25"),
    ("claude-3-opus", "", "standard", 0, "15", "18.75", "30", "1.5", "75"),
    ("claude-3-sonnet", "", "standard", 0, "3", "3.75", "6", "0.3", "15"),
    ("claude-fable-5", "", "standard", 0, "10", "12.5", "20", "1", "50"),
    ("claude-fable-5-1", "", "standard", 0, "10", "12.5", "20", "0.25", "50"),
    ("claude-fable-5-2", "", "fast", 0, "16", "20", "32", "0.4", "80"),
    ("claude-fable-5-2", "", "standard", 0, "8", "10", "16", "0.2", "40"),
    ("claude-haiku-4-5", "", "standard", 0, "1", "1.25", "2", "0.1", "5"),
    ("claude-haiku-5-5", "", "standard", 0, "0.1", "0.125", "0.2", "0.01", "0.5"),
    ("claude-haiku-5-5", "", "standard", 100_000, "0.5", "0.625", "1", "0.05", "2.5"),
    ("claude-mythos-5", "", "standard", 0, "10", "12.5", "20", "1", "50"),
    ("claude-mythos-5-1", "", "standard", 0, "10", "12.5", "20", "0.25", "50"),
    ("claude-mythos-5-2", "", "fast", 0, "16", "20", "32", "0.4", "80"),
    ("claude-mythos-5-2", "", "standard", 0, "8", "10", "16", "0.2", "40"),
    ("claude-opus-4", "", "standard", 0, "15", "18.75", "30", "1.5", "75"),
    ("claude-opus-4-1", "", "standard", 0, "15", "18.75", "30", "1.5", "75"),
    ("claude-opus-4-5", "", "standard", 0, "5", "6.25", "10", "0.5", "25"),
    ("claude-opus-4-6", "", "fast", 0, "30", "37.5", "60", "3", "150"),
    ("claude-opus-4-6", "", "fast", 200_000, "60", "75", "120", "6", "225"),
    ("claude-opus-4-6", "", "standard", 0, "5", "6.25", "10", "0.5", "25"),
    ("claude-opus-4-6", "", "standard", 200_000, "10", "12.5", "20", "1", "37.5"),
    ("claude-opus-4-6", "2026-03-13", "fast", 0, "30", "37.5", "60", "3", "150"),
    ("claude-opus-4-6", "2026-03-13", "standard", 0, "5", "6.25", "10", "0.5", "25"),
    ("claude-opus-4-7", "", "fast", 0, "30", "37.5", "60", "3", "150"),
    ("claude-opus-4-7", "", "standard", 0, "5", "6.25", "10", "0.5", "25"),
    ("claude-opus-4-8", "", "fast", 0, "10", "12.5", "20", "1", "50"),
    ("claude-opus-4-8", "", "standard", 0, "5", "6.25", "10", "0.5", "25"),
    ("claude-opus-5", "", "fast", 0, "10", "12.5", "20", "1", "50"),
    ("claude-opus-5", "", "standard", 0, "5", "6.25", "10", "0.5", "25"),
    ("claude-opus-5-5", "", "fast", 0, "8", "10", "16", "0.4", "40"),
    ("claude-opus-5-5", "", "standard", 0, "4", "5", "8", "0.2", "20"),
    ("claude-sonnet-4", "", "standard", 0, "3", "3.75", "6", "0.3", "15"),
    ("claude-sonnet-4", "", "standard", 200_000, "6", "7.5", "12", "0.6", "22.5"),
    ("claude-sonnet-4-5", "", "standard", 0, "3", "3.75", "6", "0.3", "15"),
    ("claude-sonnet-4-5", "", "standard", 200_000, "6", "7.5", "12", "0.6", "22.5"),
    ("claude-sonnet-4-6", "", "standard", 0, "3", "3.75", "6", "0.3", "15"),
    ("claude-sonnet-4-6", "", "standard", 200_000, "6", "7.5", "12", "0.6", "22.5"),
    ("claude-sonnet-4-6", "2026-03-13", "standard", 0, "3", "3.75", "6", "0.3", "15"),
    ("claude-sonnet-5", "", "standard", 0, "2", "2.5", "4", "0.2", "10"),
    ("claude-sonnet-5-5", "", "standard", 0, "2", "2.5", "4", "0.2", "10"),
    ("claude-sonnet-5-5", "2026-10-07", "standard", 0, "2", "2.5", "4", "0.1", "10"),
    ("claude-v1", "", "standard", 0, "8", "8", "8", "8", "24"),
)
