# One person's way through both services, as an image for `skaffold verify`. Context: helm/authdb.
FROM node:24-bookworm-slim
COPY files/journey.test.mjs /journey/
USER 1000:1000
CMD ["node", "--test", "--test-reporter=spec", "/journey/journey.test.mjs"]
