# A Bitcoin daemon for development, from Debian; a consortium's peers run nodes of their own.
#
#   docker build --file docker/bitcoind.Dockerfile --tag ledger-bitcoind .
FROM debian:sid-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends bitcoin-knots \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --uid 1655 --user-group --home-dir /var/lib/regtest --create-home regtest
COPY docker/config/bitcoin.conf /etc/bitcoin/bitcoin.conf
COPY docker/config/mine /usr/local/bin/mine
USER regtest
WORKDIR /var/lib/regtest
VOLUME ["/var/lib/regtest"]
EXPOSE 18443
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s \
    CMD ["bitcoin-cli", "-conf=/etc/bitcoin/bitcoin.conf", "-datadir=/var/lib/regtest", "getblockchaininfo"]
ENTRYPOINT ["bitcoind", "-conf=/etc/bitcoin/bitcoin.conf", "-datadir=/var/lib/regtest"]
