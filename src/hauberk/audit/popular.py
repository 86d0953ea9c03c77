"""Names that attackers imitate: widely used packages, which a misspelling is most likely to have meant."""

from __future__ import annotations

from hauberk.audit.versions import Ecosystem

POPULAR: dict[Ecosystem, frozenset[str]] = {
    "PyPI": frozenset(
        "aiohttp alembic ansible authlib beautifulsoup4 black boto3 botocore celery certifi cffi chardet "
        "charset-normalizer click colorama cryptography cython django djangorestframework docker fastapi "
        "flask flask-cors flask-login gunicorn httpx idna importlib-metadata ipython itsdangerous jinja2 "
        "jsonschema jupyter keras langchain lxml markdown markupsafe matplotlib mypy networkx nltk notebook "
        "numpy oauthlib openai opencv-python openpyxl packaging pandas paramiko pillow pipenv playwright "
        "plotly poetry prometheus-client protobuf psycopg-binary psycopg2 psycopg2-binary pyarrow "
        "pycryptodome pydantic pygments pyjwt pymongo pymysql pyopenssl pyspark pytest pytest-cov python-dateutil "
        "python-dotenv python-multipart pyyaml requests requests-oauthlib rich scikit-learn scipy "
        "seaborn selenium sentry-sdk setuptools simplejson sqlalchemy starlette statsmodels sympy tabulate "
        "telethon tensorflow torch torchvision tornado tqdm transformers twisted typing-extensions urllib3 "
        "uvicorn virtualenv websocket-client websockets werkzeug xgboost".split()
    ),
    "npm": frozenset(
        "angular async axios babel-core babel-loader bcrypt bluebird body-parser bootstrap browserify chalk "
        "cheerio chokidar classnames commander concurrently cookie-parser core-js cors cross-env cross-spawn "
        "css-loader dayjs debug discord.js dotenv electron ember-source enquirer esbuild eslint "
        "eslint-plugin-import ethers express express-session fs-extra glob graphql gulp handlebars helmet "
        "http-proxy-middleware immutable inquirer jasmine jquery jsonwebtoken karma knex lodash lodash-es marked "
        "material-ui mocha moment mongodb mongoose morgan multer mysql2 next node-fetch node-sass nodemailer "
        "nodemon passport postcss prettier prop-types puppeteer react react-dom react-redux react-router "
        "react-router-dom redux request rimraf rollup rxjs sass-loader semver sequelize sharp shelljs "
        "socket.io socket.io-client style-loader styled-components supertest tailwindcss tslib typescript "
        "underscore validator vite webpack webpack-cli webpack-dev-server winston yargs".split()
    ),
}
"""Normalised. Kept short on purpose: each name is one that many type by hand."""
