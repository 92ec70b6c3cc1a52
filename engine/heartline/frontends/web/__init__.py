"""The front end "web": an HTTP API, and a page that uses it.

    app = heartline.frontends.web.app.make_app(host)
"""
