"""`make openapi`: writes the document, and says where."""

from __future__ import annotations

from tools.openapi.document import TARGET, text

if __name__ == "__main__":
    TARGET.write_text(text(), encoding="utf-8")
    print(f"easel: wrote {TARGET.name}")
