"""The studio: an author plays a scenario full screen while writing it (Textual).

`bench` is all that happens, without a screen: the session that the terminal has, its history, the
file (`reading`) and what it promises. `talk` and `looks` say in lines what each pane shows of that,
`layout` which panes a window has room for. Only `app`, `screen`, `panes` and `dialogs` import
Textual.
"""
