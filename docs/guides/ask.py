# Sends a text to a model with the official client and prints the answer as it comes: pip install openai
#   INTRAMUROS_API_KEY=$(npx intramuros key create me) python3 ask.py "text"
import os
import sys

from openai import OpenAI

client = OpenAI(
    base_url=os.environ.get("INTRAMUROS_BASE_URL", "http://127.0.0.1:8081/v1"),
    api_key=os.environ["INTRAMUROS_API_KEY"],
)

raw = client.chat.completions.with_raw_response.create(
    model=os.environ.get("INTRAMUROS_MODEL", "clinical-extraction"),
    messages=[{"role": "user", "content": sys.argv[1]}],
    stream=True,
)
for chunk in raw.parse():
    if chunk.choices:
        print(chunk.choices[0].delta.content or "", end="", flush=True)
print()
print("receipt:", raw.headers["x-intramuros-receipt"], file=sys.stderr)
