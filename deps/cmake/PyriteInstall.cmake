# What `cmake --install` gives a program that embeds Pyrite: library, header,
# pkg-config file, CMake package.
include(CMakePackageConfigHelpers)

set(PYRITE_CMAKE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/pyrite)
install(TARGETS libpyrite EXPORT pyriteTargets ARCHIVE)
install(FILES include/pyrite.h TYPE INCLUDE)
install(EXPORT pyriteTargets NAMESPACE pyrite:: DESTINATION ${PYRITE_CMAKE_DIR})

# The prefix is found from the file's own place: the tree may be moved.
file(RELATIVE_PATH PYRITE_PC_TO_PREFIX /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
string(REPLACE ";" " " PYRITE_REQUIRES_PRIVATE "${PYRITE_PKGCONFIG_PRIVATE}")
set(PYRITE_LLHTTP_LIBRARY "")
if(LLHTTP_FOUND)
  set(PYRITE_LLHTTP_LIBRARY "pyrite_require(LLHTTP libllhttp)")
endif()
configure_file(deps/cmake/pyrite.pc.in pyrite.pc @ONLY)
configure_file(deps/cmake/pyriteConfig.cmake.in pyriteConfig.cmake @ONLY)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/pyriteConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/pyrite.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
install(FILES ${PROJECT_BINARY_DIR}/pyriteConfig.cmake ${PROJECT_BINARY_DIR}/pyriteConfigVersion.cmake
  deps/cmake/FindMbedTLS.cmake
  DESTINATION ${PYRITE_CMAKE_DIR})
