"""Creates the tables that are missing; those that exist stay as they are."""

from app import app, db

with app.app_context():
    db.create_all()
