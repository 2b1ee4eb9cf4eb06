"""Drops the application's tables with all that is in them."""

from app import app, db

with app.app_context():
    db.drop_all()
