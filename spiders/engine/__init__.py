"""The crawl behind every page source; apart, because looking for plug-ins must not import Scrapy."""
