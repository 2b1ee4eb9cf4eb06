"""A small web application to provision and redeploy: it becomes ready late, counts in redis, stores in a database, and
wants to be asked before it is stopped. One process with threads, for the state of that handshake lives in its memory."""

import logging
import os
import random
import signal
import sys
import threading
import time

import waitress
from flask import Flask, Response
from flask_sqlalchemy import SQLAlchemy
from redis import Redis, RedisError
from sqlalchemy.exc import SQLAlchemyError

DATABASE_URI = os.environ.get('DATABASE_URI', 'sqlite:////tmp/test.db')
READY_AFTER_SECONDS = float(os.environ.get('READY_AFTER_SECONDS', 10))
PREPARE_SECONDS = (float(os.environ.get('PREPARE_MIN_SECONDS', 5)), float(os.environ.get('PREPARE_MAX_SECONDS', 15)))
TIMEOUT_SECONDS = 3  # for redis and the database: a visitor is told soon, and no thread hangs

app = Flask(__name__)
app.config['SQLALCHEMY_DATABASE_URI'] = DATABASE_URI
app.config['SQLALCHEMY_ENGINE_OPTIONS'] = {
    # A connection that the database has dropped since is noticed before it is used.
    'pool_pre_ping': True,
    'connect_args': {} if DATABASE_URI.startswith('sqlite:') else {'connect_timeout': TIMEOUT_SECONDS},
}
db = SQLAlchemy(app)
redis = Redis(
    host=os.environ.get('REDIS_HOST', 'redis'),
    port=int(os.environ.get('REDIS_PORT', 6379)),
    socket_timeout=TIMEOUT_SECONDS,
    socket_connect_timeout=TIMEOUT_SECONDS,
)


class Palindrom(db.Model):
    """A palindrome that somebody asked for."""

    id = db.Column(db.Integer, primary_key=True)
    text = db.Column(db.Text, nullable=False)


class Preparation:
    """Stands for work in the background that must end before the process may be stopped."""

    def __init__(self):
        self._lock = threading.Lock()
        self._ends_at = None

    def start(self):
        with self._lock:
            if self._ends_at is None:
                self._ends_at = time.monotonic() + random.uniform(*PREPARE_SECONDS)

    def is_done(self):
        with self._lock:
            return self._ends_at is not None and time.monotonic() >= self._ends_at


started_at = time.monotonic()
preparation = Preparation()


def reply(text, status=200):
    return Response(text, status=status, mimetype='text/plain')


@app.get('/')
def hello():
    return reply('Hello, World!')


@app.get('/version')
def version():
    return reply(os.environ.get('APP_VERSION', 'dev'))


@app.get('/status')
def status():
    if time.monotonic() - started_at < READY_AFTER_SECONDS:
        return reply('Not ready', 404)
    return reply('OK')


@app.get('/palindrom/<text>')
def palindrom(text):
    if '\0' in text:
        return reply('Text cannot be stored', 400)
    if text != text[::-1]:
        return reply('Text is not palindrom')
    try:
        db.session.add(Palindrom(text=text))
        db.session.commit()
    except SQLAlchemyError as error:
        db.session.rollback()
        app.logger.warning('the database does not take the text: %s', error)
        return reply('Database is not available', 503)
    return reply('Text is palindrom')


@app.get('/admin')
def admin():
    return reply('Welcome to the admin area')


@app.get('/prepare-for-deploy')
def prepare_for_deploy():
    preparation.start()
    return reply('preparing')


@app.get('/ready-for-deploy')
def ready_for_deploy():
    return reply('Ready') if preparation.is_done() else reply('Not ready', 404)


@app.get('/redis-hits')
def redis_hits():
    try:
        return reply(f'Redis hits: {redis.incr("hits")}')
    except RedisError as error:
        app.logger.warning('redis does not count: %s', error)
        return reply('Redis is not available', 503)


if __name__ == '__main__':
    logging.basicConfig(level=logging.INFO, format='%(asctime)s %(levelname)s %(message)s')
    # As the first process of a container it would otherwise ignore SIGTERM. Requests in flight are answered before the end.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    waitress.serve(
        app,
        host=os.environ.get('APP_HOST', '0.0.0.0'),
        port=int(os.environ.get('APP_PORT', 5000)),
        threads=16,
        # An answer leaves in one piece. Where head and body are sent each for itself, a process that dies in between breaks it.
        send_bytes=1024,
    )
